package org.rlr.model.data;

import org.jspecify.annotations.Nullable;

/**
 * An image file read as a mask.
 *
 * @param set where it is anomalous, row by row
 * @param trait by what it was read; null where by its colours
 */
record MaskPixels(boolean[] set, @Nullable MaskTrait trait) {
    /** What compression leaves on black is less. */
    private static final int LEAST = 16;

    /** By the colours: whatever is not black. */
    static MaskPixels nonZero(RgbImage image) {
        return new MaskPixels(from(image, 1), null);
    }

    /** By the colours of a JPEG file: compression leaves values around edges, and some on black. */
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
