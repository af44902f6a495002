package org.rlr.model.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.weights.WeightsCache;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where a backbone's weights come from: a file, or the cache. */
final class WeightsOptions {
    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description =
                    "Published weights of the backbone, with timm's names: SafeTensors or .pth (default: those that 'rlr weights get' or 'add' put into the cache).")
    private Path file;

    @Mixin
    private CacheOption cache;

    /** The folder of weights. */
    static final class CacheOption {
        @Option(
                names = "--weights-cache",
                paramLabel = "DIR",
                description = "Folder that keeps weights (default: " + WeightsCache.VARIABLE
                        + ", or rlr/weights in the user's cache folder).")
        private Path folder;

        WeightsCache open() {
            return folder == null ? WeightsCache.ofUser() : new WeightsCache(folder);
        }
    }

    /** The file asked for, or null. */
    @Nullable
    Path file() {
        return file;
    }

    /** The backbone given; where none is, the published one with a file of weights, else the one that needs none. */
    String backbone(@Nullable String given) {
        return given != null ? given : file == null ? Backbones.WEIGHT_FREE : Backbones.PUBLISHED;
    }

    /**
     * The weights of a backbone: the file asked for, or those in the cache; null where there are none, or none are
     * needed.
     */
    @Nullable
    Path of(String backbone) {
        return file != null || !Backbones.info(backbone).needsWeights()
                ? file
                : cache.open().find(backbone).orElse(null);
    }
}
