package org.rlr.model.config;

import org.rlr.tensor.InvalidSettingException;

/**
 * How images are cut into overlapping tiles of the model's input size, in training as in detection, so that what is
 * learned has the scale that is examined. Part of the model: its threshold belongs to maps made so.
 *
 * @param overlap pixels that neighbouring tiles share at least, along both axes
 * @param scale factor by which an image is resized before it is cut; 1 for its own resolution
 */
public record Tiling(int overlap, double scale) {
    private static final double LARGEST_SCALE = 16;

    /**
     * Checks.
     *
     * @throws InvalidSettingException if one is out of range
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
     * For tiles of that size. @throws InvalidSettingException if they would share more than half of a side, which costs
     * much and brings nothing
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
