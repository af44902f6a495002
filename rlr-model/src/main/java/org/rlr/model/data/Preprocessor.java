package org.rlr.model.data;

import org.rlr.model.config.Normalization;
import org.rlr.tensor.InvalidSettingException;

/**
 * Converts an image to a backbone's input: resizes it with {@link Resize#lanczos} to a fixed size, ignoring its aspect
 * ratio, then computes {@code (value/255 − mean)/std} per channel. The result is float32, height × width × channel
 * (NHWC of one image). Thread-safe.
 */
public final class Preprocessor {
    private final int height;
    private final int width;
    private final Normalization normalization;
    /** The 256 normalised values of each channel: red, green, blue. */
    private final float[] values = new float[256 * RgbImage.CHANNELS];

    /**
     * Creates a preprocessor that resizes images to {@code size × size}.
     *
     * @param size rows and columns, at least 1
     * @param normalization how the backbone wants pixels
     * @throws InvalidSettingException if the size is less than 1
     */
    public Preprocessor(int size, Normalization normalization) {
        this(size, size, normalization);
    }

    /**
     * Creates a preprocessor that resizes images to {@code width × height}.
     *
     * @param height rows, at least 1
     * @param width columns, at least 1
     * @param normalization how the backbone wants pixels
     * @throws InvalidSettingException if one is less than 1
     */
    public Preprocessor(int height, int width, Normalization normalization) {
        InvalidSettingException.require(height > 0 && width > 0, "imageSize", new ImageSize(width, height), "positive");
        this.height = height;
        this.width = width;
        this.normalization = normalization;
        for (int value = 0; value < 256; value++) {
            for (int c = 0; c < RgbImage.CHANNELS; c++) {
                values[value * RgbImage.CHANNELS + c] =
                        (value / 255f - normalization.mean()[c]) / normalization.std()[c];
            }
        }
    }

    /** {@return the rows of the input} */
    public int height() {
        return height;
    }

    /** {@return the columns of the input} */
    public int width() {
        return width;
    }

    /** {@return the normalisation of samples} */
    public Normalization normalization() {
        return normalization;
    }

    /** {@return the values per image: height · width · 3} */
    public int length() {
        return height * width * RgbImage.CHANNELS;
    }

    /**
     * Returns the input made from an image, {@code [height, width, 3]}.
     *
     * @param image of any size
     * @return {@code height·width·3} values
     */
    public float[] apply(RgbImage image) {
        float[] input = new float[length()];
        apply(image, input, 0);
        return input;
    }

    /**
     * Writes the input made from an image into a batch, {@link #length()} values from {@code offset} on.
     *
     * @param image of any size
     * @param batch the target
     * @param offset index of the first value there
     */
    public void apply(RgbImage image, float[] batch, int offset) {
        byte[] rgb = Resize.lanczos(image, width, height).rgb();
        for (int i = 0; i < rgb.length; i += RgbImage.CHANNELS) {
            batch[offset + i] = values[(rgb[i] & 0xff) * RgbImage.CHANNELS];
            batch[offset + i + 1] = values[(rgb[i + 1] & 0xff) * RgbImage.CHANNELS + 1];
            batch[offset + i + 2] = values[(rgb[i + 2] & 0xff) * RgbImage.CHANNELS + 2];
        }
    }
}
