package org.rlr.model.data;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How a backbone wants pixels: {@code (value/255 − mean)/std} per channel, red, green, blue.
 *
 * @param mean three values in 0…1
 * @param std three values in 0…1, above 0
 */
public record Normalization(float[] mean, float[] std) {
    /** ImageNet's statistics: mean 0.485 0.456 0.406, std 0.229 0.224 0.225. */
    public static final Normalization IMAGENET =
            new Normalization(new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f});

    /** Values to −1…1: mean and std 0.5. */
    public static final Normalization HALF =
            new Normalization(new float[] {0.5f, 0.5f, 0.5f}, new float[] {0.5f, 0.5f, 0.5f});

    /**
     * Copies the arrays, as the accessors do: the constants are shared.
     *
     * @throws IllegalArgumentException if there are not three values each, or a deviation is not above 0
     */
    public Normalization {
        if (mean.length != RgbImage.CHANNELS || std.length != RgbImage.CHANNELS) {
            throw new IllegalArgumentException("mean and std need a value for each of red, green and blue, not "
                    + mean.length + " and " + std.length);
        }
        mean = mean.clone();
        std = std.clone();
        for (float value : std) {
            if (!(value > 0)) {
                throw new IllegalArgumentException("a standard deviation of " + value + " is not above 0");
            }
        }
    }

    /** {@return a copy of the three means, red, green, blue} */
    @Override
    public float[] mean() {
        return mean.clone();
    }

    /** {@return a copy of the three deviations, red, green, blue} */
    @Override
    public float[] std() {
        return std.clone();
    }

    /**
     * Normalised pixels back as samples, {@code value·std + mean} of 255, rounded, what is beyond 0 or 255 cut off;
     * red, green, blue alternate.
     *
     * @param pixels a multiple of three values, normalised
     * @return as many samples
     */
    public byte[] samples(float[] pixels) {
        byte[] samples = new byte[pixels.length];
        for (int i = 0; i < samples.length; i++) {
            int c = i % RgbImage.CHANNELS;
            samples[i] = (byte) Math.max(0, Math.min(255, Math.round(255 * (pixels[i] * std[c] + mean[c]))));
        }
        return samples;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Normalization that && Arrays.equals(mean, that.mean) && Arrays.equals(std, that.std);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(mean) + Arrays.hashCode(std);
    }

    @Override
    public String toString() {
        return "Normalization[mean=" + Arrays.toString(mean) + ", std=" + Arrays.toString(std) + "]";
    }
}
