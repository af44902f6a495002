package org.rlr.model.data;

/**
 * How a backbone wants pixels: {@code (value/255 − mean)/std} per channel, red, green, blue.
 *
 * @param mean three values in 0…1
 * @param std  three values in 0…1
 */
public record Normalization(float[] mean, float[] std) {
    /** ImageNet's statistics: mean 0.485 0.456 0.406, std 0.229 0.224 0.225. */
    public static final Normalization IMAGENET =
            new Normalization(new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f});

    /** Values to −1…1: mean and std 0.5. */
    public static final Normalization HALF =
            new Normalization(new float[] {0.5f, 0.5f, 0.5f}, new float[] {0.5f, 0.5f, 0.5f});
}
