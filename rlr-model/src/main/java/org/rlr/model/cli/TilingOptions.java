package org.rlr.model.cli;

import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Tiling;
import org.rlr.tensor.RlrException;
import picocli.CommandLine.Option;

/** Options for cutting images into tiles. */
final class TilingOptions {
    @Option(
            names = "--tile-overlap",
            paramLabel = "N",
            description = "Cut images into tiles of --image-size instead of resizing them; neighbouring tiles "
                    + "overlap by N pixels or more, where their maps are blended.")
    private Integer overlap;

    @Option(
            names = "--tile-scale",
            paramLabel = "X",
            description = "With --tile-overlap: resize images by this factor before cutting them (default: 1).")
    private Double scale;

    /** Returns whether an option was given. */
    boolean given() {
        return overlap != null || scale != null;
    }

    /**
     * Returns the base's tiling with the given options applied; null for none. @throws RlrException if a scale is given
     * without tiles, or out of range
     */
    @Nullable
    Tiling of(@Nullable Tiling base) {
        if (base != null) {
            return new Tiling(overlap != null ? overlap : base.overlap(), scale != null ? scale : base.scale());
        }
        if (overlap != null) {
            return new Tiling(overlap, scale != null ? scale : 1);
        }
        if (scale != null) {
            throw new RlrException(
                    "--tile-scale " + scale + " has no effect without tiles", "give --tile-overlap N too");
        }
        return null;
    }
}
