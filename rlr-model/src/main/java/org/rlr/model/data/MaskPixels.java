package org.rlr.model.data;

import org.jspecify.annotations.Nullable;

/**
 * An image file read as a mask.
 *
 * @param set whether each pixel is anomalous, row by row
 * @param trait the way it was read; null if by its colours
 */
record MaskPixels(boolean[] set, @Nullable MaskTrait trait) {
    /** The least value of a set pixel: compression artefacts on black are below it. */
    private static final int LEAST = 16;

    /** Reads the mask by its colours: every pixel that is not black is set. */
    static MaskPixels nonZero(RgbImage image) {
        return new MaskPixels(from(image, 1), null);
    }

    /** Reads the mask by the colours of a JPEG file: tolerates compression artefacts at edges and on black. */
    static MaskPixels compressed(RgbImage image) {
        int largest = 0;
        for (byte sample : image.rgb()) {
            largest = Math.max(largest, sample & 0xff);
        }
        return new MaskPixels(from(image, Math.max(LEAST, (largest + 1) / 2)), MaskTrait.JPEG);
    }

    private static boolean[] from(RgbImage image, int least) {
        boolean[] set = new boolean[image.width() * image.height()];
        byte[] rgb = image.rgb();
        for (int i = 0; i < rgb.length; i++) {
            set[i / RgbImage.CHANNELS] |= (rgb[i] & 0xff) >= least;
        }
        return set;
    }
}
