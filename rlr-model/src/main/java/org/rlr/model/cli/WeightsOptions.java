package org.rlr.model.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.weights.WeightsCache;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options for a backbone's weights, from a file or the cache. */
final class WeightsOptions {
    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description = "File with the backbone's weights, with timm's names: SafeTensors or .pth (default: the "
                    + "weights that 'rlr weights get' or 'rlr weights add' put into the cache).")
    private Path file;

    @Mixin
    private CacheOption cache;

    /** The option for the folder of weights. */
    static final class CacheOption {
        @Option(
                names = "--weights-cache",
                paramLabel = "DIR",
                description = "Folder for weights, the cache (default: " + WeightsCache.VARIABLE
                        + ", or rlr/weights in the user's cache folder).")
        private Path folder;

        WeightsCache open() {
            return folder == null ? WeightsCache.ofUser() : new WeightsCache(folder);
        }
    }

    /** Returns the given file, or null. */
    @Nullable
    Path file() {
        return file;
    }

    /**
     * Returns the given backbone; without one, the published backbone if there is a file of weights, else the one that
     * needs none.
     */
    String backbone(@Nullable String given) {
        return given != null ? given : file == null ? Backbones.WEIGHT_FREE : Backbones.PUBLISHED;
    }

    /**
     * Returns the weights of a backbone: the given file, or those in the cache; null if there are none, or none are
     * needed.
     */
    @Nullable
    Path of(String backbone) {
        return file != null || !Backbones.info(backbone).needsWeights()
                ? file
                : cache.open().find(backbone).orElse(null);
    }
}
