package org.rlr.model.config;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Normalisation of pixels: {@code (value/255 − mean)/std} per channel, red, green, blue.
 *
 * @param mean three numbers
 * @param std three numbers above 0
 */
public record Normalization(float[] mean, float[] std) {
    private static final int CHANNELS = 3;

    /** ImageNet's statistics: mean 0.485 0.456 0.406, std 0.229 0.224 0.225. */
    public static final Normalization IMAGENET =
            new Normalization(new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f});

    /** Maps values to −1…1: mean and std 0.5. */
    public static final Normalization HALF =
            new Normalization(new float[] {0.5f, 0.5f, 0.5f}, new float[] {0.5f, 0.5f, 0.5f});

    /**
     * Copies the arrays; the accessors return copies, too.
     *
     * @throws IllegalArgumentException if an array does not have three numbers, or a deviation is not above 0
     */
    public Normalization {
        if (count(mean) != CHANNELS || count(std) != CHANNELS) {
            throw new IllegalArgumentException("a normalisation has " + count(mean) + " means and " + count(std)
                    + " deviations; it needs three of each, for red, green and blue");
        }
        mean = mean.clone();
        std = std.clone();
        for (int c = 0; c < CHANNELS; c++) {
            if (!Float.isFinite(mean[c])) {
                throw new IllegalArgumentException("a mean is " + mean[c] + "; it must be finite");
            }
            if (!(std[c] > 0 && Float.isFinite(std[c]))) {
                throw new IllegalArgumentException("a standard deviation is " + std[c] + "; it must be above 0");
            }
        }
    }

    /** The parser sets null for an array that the file lacks. */
    private static int count(float @Nullable [] values) {
        return values == null ? 0 : values.length;
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
     * Converts normalised pixels back to samples: {@code 255·(value·std + mean)}, rounded and clamped to 0…255; red,
     * green and blue interleaved.
     *
     * @param pixels normalised values; their number is a multiple of three
     * @return the same number of samples
     */
    public byte[] samples(float[] pixels) {
        byte[] samples = new byte[pixels.length];
        for (int i = 0; i < samples.length; i++) {
            int c = i % CHANNELS;
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

    /** {@return a text for people: {@code mean 0.485 0.456 0.406, deviation 0.229 0.224 0.225}} */
    @Override
    public String toString() {
        return "mean " + text(mean) + ", deviation " + text(std);
    }

    private static String text(float[] values) {
        return IntStream.range(0, values.length)
                .mapToObj(i -> Float.toString(values[i]))
                .collect(Collectors.joining(" "));
    }
}
