package org.rlr.model.data;

import java.util.Arrays;

/**
 * Resizes exactly like Pillow, with which the published models were trained: antialiased Lanczos for images, nearest
 * neighbour for masks. Other resampling (bilinear, or Lanczos without antialiasing) changes a network's features
 * noticeably.
 */
public final class Resize {
    private static final int HALF = 1 << (LanczosTaps.PRECISION - 1);

    /** The length of the longest array on some JVMs. */
    private static final int MOST_VALUES = Integer.MAX_VALUE - 8;

    /** Rows transposed at a time: long runs, while the taps of a pixel stay in the cache. */
    private static final int STRIP = 64;

    private Resize() {}

    /**
     * Resizes by antialiased Lanczos-3: first along the rows, then along the columns, rounded to 0…255 after each pass;
     * a pass that keeps the size is skipped. The aspect ratio may change.
     *
     * @param image of any size
     * @param width pixels per row, at least 1
     * @param height rows, at least 1
     * @return the picture itself where it has the size already
     * @throws IllegalArgumentException if one is less, or both are too large together
     */
    public static RgbImage lanczos(RgbImage image, int width, int height) {
        checkSize(width, height);
        if (image.width() == width && image.height() == height) {
            return image;
        }
        int[][] rows = image.width() == width ? rows(image) : alongRows(image, LanczosTaps.of(image.width(), width));
        if (image.height() != height) {
            rows = combine(rows, LanczosTaps.of(image.height(), height));
        }
        byte[] result = new byte[width * height * RgbImage.CHANNELS];
        int at = 0;
        for (int[] row : rows) {
            for (int sample : row) {
                result[at++] = (byte) sample;
            }
        }
        return new RgbImage(width, height, result);
    }

    /**
     * Resizes a map by bilinear interpolation between pixel centres, with a repeated border: both grids cover the same
     * area, and the centre of pixel x is at {@code (x + 0.5)/width} of its width.
     *
     * @param values row-major, {@code height·width}
     * @param height rows
     * @param width columns
     * @param toHeight rows of the result, at least 1
     * @param toWidth columns of the result, at least 1
     * @return {@code toHeight·toWidth} values, row-major
     * @throws IllegalArgumentException if the number of values is wrong, or a size is less than 1 or too large
     */
    public static float[] bilinear(float[] values, int height, int width, int toHeight, int toWidth) {
        checkSize(toWidth, toHeight);
        if (height < 1 || width < 1 || values.length != height * width) {
            throw new IllegalArgumentException(
                    "a map of " + width + "×" + height + " cannot have " + values.length + " values");
        }
        float[] result = new float[toWidth * toHeight];
        for (int y = 0, at = 0; y < toHeight; y++) {
            double row = Math.max(0, Math.min(height - 1, (y + 0.5) * height / toHeight - 0.5));
            int above = (int) Math.min(row, Math.max(0, height - 2));
            int below = Math.min(above + 1, height - 1);
            double down = row - above;
            for (int x = 0; x < toWidth; x++, at++) {
                double column = Math.max(0, Math.min(width - 1, (x + 0.5) * width / toWidth - 0.5));
                int left = (int) Math.min(column, Math.max(0, width - 2));
                int right = Math.min(left + 1, width - 1);
                double across = column - left;
                double top = values[above * width + left] * (1 - across) + values[above * width + right] * across;
                double bottom = values[below * width + left] * (1 - across) + values[below * width + right] * across;
                result[at] = (float) (top * (1 - down) + bottom * down);
            }
        }
        return result;
    }

    private static int[][] rows(RgbImage image) {
        int[][] rows = new int[image.height()][image.width() * RgbImage.CHANNELS];
        int at = 0;
        for (int[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                row[i] = image.rgb()[at++] & 0xff;
            }
        }
        return rows;
    }

    /**
     * Resizes along the rows. Transposes a strip of rows at a time, so that the samples of a column are adjacent and
     * this pass, too, combines long runs of numbers.
     */
    private static int[][] alongRows(RgbImage image, LanczosTaps taps) {
        int width = image.width();
        byte[] source = image.rgb();
        int[][] result = new int[image.height()][taps.first.length * RgbImage.CHANNELS];
        int[][] turned = new int[width][Math.min(STRIP, image.height()) * RgbImage.CHANNELS];
        for (int top = 0; top < image.height(); top += STRIP) {
            int rows = Math.min(STRIP, image.height() - top);
            for (int x = 0; x < width; x++) {
                int[] column = turned[x];
                for (int row = 0, at = 0; row < rows; row++, at += RgbImage.CHANNELS) {
                    int from = ((top + row) * width + x) * RgbImage.CHANNELS;
                    column[at] = source[from] & 0xff;
                    column[at + 1] = source[from + 1] & 0xff;
                    column[at + 2] = source[from + 2] & 0xff;
                }
            }
            int[][] columns = combine(turned, taps);
            for (int x = 0, at = 0; x < columns.length; x++, at += RgbImage.CHANNELS) {
                int[] column = columns[x];
                for (int row = 0, from = 0; row < rows; row++, from += RgbImage.CHANNELS) {
                    int[] target = result[top + row];
                    target[at] = column[from];
                    target[at + 1] = column[from + 1];
                    target[at + 2] = column[from + 2];
                }
            }
        }
        return result;
    }

    /** Computes each output line as a weighted sum of some input lines, rounded to 0…255. */
    private static int[][] combine(int[][] lines, LanczosTaps taps) {
        int[][] result = new int[taps.first.length][lines[0].length];
        for (int o = 0; o < result.length; o++) {
            int[] sums = result[o];
            Arrays.fill(sums, HALF);
            for (int t = 0; t < taps.count[o]; t++) {
                addScaled(sums, lines[taps.first[o] + t], taps.weights[o * taps.stride + t]);
            }
            for (int i = 0; i < sums.length; i++) {
                sums[i] = Math.max(0, Math.min(255, sums[i] >> LanczosTaps.PRECISION));
            }
        }
        return result;
    }

    /** Runs the hot loop. One index for both arrays makes sure that it compiles to vector instructions. */
    private static void addScaled(int[] sums, int[] line, int weight) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += line[i] * weight;
        }
    }

    /**
     * Resizes by nearest neighbour: output {@code o} takes the input {@code ⌊(o + ½)·in/out⌋}.
     *
     * @param image of any size
     * @param width pixels per row, at least 1
     * @param height rows, at least 1
     * @return the picture itself where it has the size already
     * @throws IllegalArgumentException if one is less, or both are too large together
     */
    public static RgbImage nearest(RgbImage image, int width, int height) {
        checkSize(width, height);
        if (image.width() == width && image.height() == height) {
            return image;
        }
        int[] columns = nearestIndices(image.width(), width);
        int[] rows = nearestIndices(image.height(), height);
        byte[] source = image.rgb();
        byte[] result = new byte[width * height * RgbImage.CHANNELS];
        for (int y = 0, at = 0; y < height; y++) {
            for (int x = 0; x < width; x++, at += RgbImage.CHANNELS) {
                System.arraycopy(
                        source,
                        (rows[y] * image.width() + columns[x]) * RgbImage.CHANNELS,
                        result,
                        at,
                        RgbImage.CHANNELS);
            }
        }
        return new RgbImage(width, height, result);
    }

    /** Returns the input index of each output. */
    static int[] nearestIndices(int in, int out) {
        int[] indices = new int[out];
        for (int o = 0; o < out; o++) {
            indices[o] = (int) ((2L * o + 1) * in / (2L * out));
        }
        return indices;
    }

    private static void checkSize(int width, int height) {
        if (width <= 0 || height <= 0) {
            throw new IllegalArgumentException("an image cannot be resized to " + width + "×" + height);
        }
        if ((long) width * height > MOST_VALUES / RgbImage.CHANNELS) {
            throw new IllegalArgumentException(width + "×" + height + " pixels do not fit into an array");
        }
    }
}
