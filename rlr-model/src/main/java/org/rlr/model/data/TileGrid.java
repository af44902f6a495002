package org.rlr.model.data;

import java.util.List;
import java.util.Locale;
import org.rlr.model.config.Tiling;

/**
 * The places of an image's tiles, and the weights that blend their results. Tiles are numbered row by row and spaced
 * evenly: they cover the image exactly, and neighbours share at least the configured overlap.
 */
public final class TileGrid {
    private final ImageSize image;
    private final int tileHeight;
    private final int tileWidth;
    private final int[] tops;
    private final int[] lefts;
    private final double[][] rowWeights;
    private final double[][] columnWeights;

    private TileGrid(ImageSize image, int tileHeight, int tileWidth, int overlap) {
        this.image = image;
        this.tileHeight = tileHeight;
        this.tileWidth = tileWidth;
        tops = starts(image.height(), tileHeight, overlap);
        lefts = starts(image.width(), tileWidth, overlap);
        rowWeights = weights(tops, tileHeight, image.height());
        columnWeights = weights(lefts, tileWidth, image.width());
    }

    /**
     * Returns the tiles of an image, which is first resized by the tiling's scale. Images smaller than a tile are
     * enlarged to tile size, keeping the aspect ratio.
     *
     * @param image size of the image as it was read
     * @param tileHeight rows of a tile, as of the model's input
     * @param tileWidth columns of a tile
     * @param tiling least overlap, and scale
     * @return the grid, of at least one tile
     * @throws ImageException if the resized image would have too many pixels
     */
    public static TileGrid of(ImageSize image, int tileHeight, int tileWidth, Tiling tiling) {
        double factor = Math.max(
                tiling.scale(), Math.max((double) tileHeight / image.height(), (double) tileWidth / image.width()));
        double width = Math.max(tileWidth, Math.rint(image.width() * factor));
        double height = Math.max(tileHeight, Math.rint(image.height() * factor));
        if (width * height > Images.MAX_PIXELS) {
            String message = String.format(
                    Locale.ROOT,
                    "an image of %s pixels would be resized to %.0f×%.0f before it is cut into tiles of %d×%d,"
                            + " more than the limit of %d pixels",
                    image,
                    width,
                    height,
                    tileWidth,
                    tileHeight,
                    Images.MAX_PIXELS);
            throw new ImageException(
                    ImageException.Reason.TOO_LARGE, message, "lower `Tiling.scale` or `imageSize`", null);
        }
        return new TileGrid(new ImageSize((int) width, (int) height), tileHeight, tileWidth, tiling.overlap());
    }

    /** Returns the first pixel of each tile along an axis. */
    static int[] starts(int length, int tile, int overlap) {
        int step = tile - overlap;
        int count = 1 + (length - tile + step - 1) / step;
        int[] starts = new int[count];
        for (int i = 1; i < count; i++) {
            starts[i] = (int) ((long) i * (length - tile) / (count - 1));
        }
        return starts;
    }

    /**
     * Returns the weights of each tile's pixels along an axis: in an overlap one tile fades in as a squared sine while
     * the other fades out, and the weights at each pixel sum to one.
     */
    static double[][] weights(int[] starts, int tile, int length) {
        double[][] weights = new double[starts.length][tile];
        double[] sums = new double[length];
        for (int i = 0; i < starts.length; i++) {
            int in = i == 0 ? 0 : starts[i - 1] + tile - starts[i];
            int out = i == starts.length - 1 ? 0 : starts[i] + tile - starts[i + 1];
            for (int p = 0; p < tile; p++) {
                weights[i][p] = fade(p, in) * fade(tile - 1 - p, out);
                sums[starts[i] + p] += weights[i][p];
            }
        }
        for (int i = 0; i < starts.length; i++) {
            for (int p = 0; p < tile; p++) {
                weights[i][p] /= sums[starts[i] + p];
            }
        }
        return weights;
    }

    /** Returns 0 at the tile's edge, rising to 1 at the end of the overlap. */
    private static double fade(int pixel, int overlap) {
        if (pixel >= overlap) {
            return 1;
        }
        double sine = Math.sin(Math.PI / 2 * (pixel + 0.5) / overlap);
        return sine * sine;
    }

    /** {@return the size to which the image is resized before it is cut} */
    public ImageSize image() {
        return image;
    }

    /** {@return the rows of a tile} */
    public int tileHeight() {
        return tileHeight;
    }

    /** {@return the columns of a tile} */
    public int tileWidth() {
        return tileWidth;
    }

    /** {@return the number of tiles} */
    public int count() {
        return tops.length * lefts.length;
    }

    /**
     * Cuts a tile from the resized image.
     *
     * @param resized the image at the size {@link #image()}
     * @param tile from 0, below {@link #count}
     * @return a copy of the tile's pixels
     * @throws IllegalArgumentException if the image has another size
     */
    public RgbImage cut(RgbImage resized, int tile) {
        if (!resized.size().equals(image)) {
            throw new IllegalArgumentException(
                    "tiles of an image of " + image + " cannot be cut from one of " + resized.size());
        }
        int top = tops[tile / lefts.length];
        int left = lefts[tile % lefts.length];
        byte[] rgb = new byte[tileHeight * tileWidth * RgbImage.CHANNELS];
        for (int y = 0; y < tileHeight; y++) {
            System.arraycopy(
                    resized.rgb(),
                    ((top + y) * image.width() + left) * RgbImage.CHANNELS,
                    rgb,
                    y * tileWidth * RgbImage.CHANNELS,
                    tileWidth * RgbImage.CHANNELS);
        }
        return new RgbImage(tileWidth, tileHeight, rgb);
    }

    /**
     * Adds a tile's weighted values to those of the image; after all tiles each pixel is the weighted mean of the tiles
     * that cover it.
     *
     * @param tile from 0, below {@link #count}
     * @param values the tile's values, row-major
     * @param sum the image's values, row-major; modified
     */
    public void add(int tile, double[] values, double[] sum) {
        int row = tile / lefts.length;
        int column = tile % lefts.length;
        for (int y = 0; y < tileHeight; y++) {
            int at = (tops[row] + y) * image.width() + lefts[column];
            for (int x = 0; x < tileWidth; x++) {
                sum[at + x] += rowWeights[row][y] * columnWeights[column][x] * values[y * tileWidth + x];
            }
        }
    }

    /**
     * Blends one picture per tile, like {@link #add}, into a picture of the whole image.
     *
     * @param tiles pictures of a tile's size, in the order of the tiles
     * @return the picture, of size {@link #image()}
     * @throws IllegalArgumentException if the number or the size of the pictures is wrong
     */
    public RgbImage blend(List<RgbImage> tiles) {
        ImageSize size = new ImageSize(tileWidth, tileHeight);
        if (tiles.size() != count()
                || tiles.stream().anyMatch(tile -> !tile.size().equals(size))) {
            throw new IllegalArgumentException(
                    "an image of " + count() + " tiles of " + size + " cannot be blended from " + tiles);
        }
        byte[] rgb = new byte[image.width() * image.height() * RgbImage.CHANNELS];
        double[] samples = new double[tileHeight * tileWidth];
        for (int c = 0; c < RgbImage.CHANNELS; c++) {
            double[] sum = new double[image.width() * image.height()];
            for (int tile = 0; tile < tiles.size(); tile++) {
                byte[] source = tiles.get(tile).rgb();
                for (int i = 0; i < samples.length; i++) {
                    samples[i] = source[i * RgbImage.CHANNELS + c] & 0xff;
                }
                add(tile, samples, sum);
            }
            for (int i = 0; i < sum.length; i++) {
                rgb[i * RgbImage.CHANNELS + c] = (byte) Math.round(sum[i]);
            }
        }
        return new RgbImage(image.width(), image.height(), rgb);
    }
}
