package org.rlr.model.config;

import org.rlr.tensor.InvalidSettingException;

/**
 * How images are cut into overlapping tiles of the model's input size. Training and detection tile alike, so that both
 * see the same scale. Part of the model, as its threshold is valid only for maps made with the same tiling.
 *
 * @param overlap least overlap of neighbouring tiles in pixels, along both axes
 * @param scale factor by which an image is resized before it is cut; 1 keeps its resolution
 */
public record Tiling(int overlap, double scale) {
    private static final double LARGEST_SCALE = 16;

    /**
     * Checks the ranges.
     *
     * @throws InvalidSettingException if a value is out of range
     */
    public Tiling {
        InvalidSettingException.require(overlap >= 0, "Tiling.overlap", overlap, "0 or more pixels");
        InvalidSettingException.require(
                scale > 0 && scale <= LARGEST_SCALE,
                "Tiling.scale",
                scale,
                "above 0 and at most " + (int) LARGEST_SCALE);
    }

    /**
     * Checks the overlap for a tile size. @throws InvalidSettingException if tiles would overlap by more than half,
     * which is expensive and useless
     */
    void checkFits(int tileHeight, int tileWidth) {
        if (2 * overlap > Math.min(tileHeight, tileWidth)) {
            throw new InvalidSettingException(
                    "Tiling.overlap",
                    overlap,
                    "at most " + Math.min(tileHeight, tileWidth) / 2,
                    "`Tiling.overlap` " + overlap + " is more than half of the tile's " + tileWidth + "×" + tileHeight
                            + " pixels",
                    "lower it, or raise `imageSize`");
        }
    }

    @Override
    public String toString() {
        return "overlapping by " + overlap + " pixels"
                + (scale == 1 ? ", at the image's own resolution" : ", of the image resized by " + scale);
    }
}
