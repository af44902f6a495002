package org.rlr.model.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.MapScale;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.Mask;
import org.rlr.model.data.Resize;
import org.rlr.model.data.RgbImage;
import org.rlr.model.detect.Detection;

/**
 * Draws anomaly maps over their images, and pictures side by side. Results have the size of the given pictures unless
 * stated otherwise; write them with {@link org.rlr.model.data.PngFile}.
 */
public final class Overlays {
    /**
     * The longer side, in pixels, of each picture of a panel in a page; pictures in separate files are at least as
     * large.
     */
    public static final int TILE = 256;

    private static final int LARGEST = 2048;

    static final int GAP = 4;
    private static final int COLUMN_GAP = 16;
    private static final byte PAPER = (byte) 255;
    /** The opacity of the hottest colours; the coldest are transparent. */
    private static final double MOST_COVER = 0.75;
    /**
     * The brightness and saturation that the image keeps below the map, so that its own colours do not look like
     * scores.
     */
    private static final double BACKGROUND = 0.75;

    private static final double COLOR = 0.35;

    private Overlays() {}

    /**
     * Draws an anomaly map in colour over its image. Low scores show the image, dimmed and greyish; higher scores cover
     * more of it, from blue over green and yellow to red.
     *
     * @param image of any size
     * @param map scores, row-major {@code [mapHeight, mapWidth]}; stretched to the image's size
     * @param mapHeight rows of the map
     * @param mapWidth columns of the map
     * @param scale common to all maps that are compared
     * @return of the image's size
     * @throws IllegalArgumentException if the map's length is wrong or a score is not a finite number
     */
    public static RgbImage overlay(RgbImage image, float[] map, int mapHeight, int mapWidth, MapScale scale) {
        float[] scores = stretched(map, mapHeight, mapWidth, image.size());
        byte[] source = image.rgb();
        byte[] result = new byte[source.length];
        for (int i = 0, at = 0; i < scores.length; i++, at += RgbImage.CHANNELS) {
            double position = scale.position(scores[i]);
            double cover = MOST_COVER * Math.min(1, 2 * position);
            double grey =
                    0.299 * (source[at] & 0xff) + 0.587 * (source[at + 1] & 0xff) + 0.114 * (source[at + 2] & 0xff);
            for (int c = 0; c < RgbImage.CHANNELS; c++) {
                double below = BACKGROUND * (grey + COLOR * ((source[at + c] & 0xff) - grey));
                result[at + c] = (byte) Math.round(below + cover * (ColorMap.channel(position, c) - below));
            }
        }
        return new RgbImage(image.width(), image.height(), result);
    }

    /**
     * Draws the map of a detection over its image, like {@link #overlay(RgbImage, float[], int, int, MapScale)}.
     *
     * @param image the examined image, in any size
     * @param detection the score and map of the image
     * @param scale the model's {@link org.rlr.model.config.ModelInfo#mapScale()}, or another common to all maps that
     *     are compared
     * @return of the image's size
     */
    public static RgbImage overlay(RgbImage image, Detection detection, MapScale scale) {
        return overlay(image, detection.map(), detection.mapHeight(), detection.mapWidth(), scale);
    }

    /**
     * Returns a mask as a picture with white anomalous pixels.
     *
     * @param mask the anomalous pixels of an image
     * @return of the mask's size
     */
    public static RgbImage picture(Mask mask) {
        byte[] rgb = new byte[mask.width() * mask.height() * RgbImage.CHANNELS];
        for (int i = 0; i < mask.anomalous().length; i++) {
            Arrays.fill(
                    rgb, i * RgbImage.CHANNELS, (i + 1) * RgbImage.CHANNELS, (byte) (mask.anomalous()[i] ? 255 : 0));
        }
        return new RgbImage(mask.width(), mask.height(), rgb);
    }

    /**
     * Draws the image, its mask if any, and the map over the image, side by side. Their longer side is the map's, to
     * show details found by tiles in large images, but at least {@link #TILE} and at most 2048 pixels.
     *
     * @param image of any size
     * @param mask of any size; null for a panel of two pictures
     * @param map as for {@link #overlay}
     * @param mapHeight rows of the map
     * @param mapWidth columns of the map
     * @param scale common to all maps that are compared
     * @return the panel
     * @throws IllegalArgumentException as {@link #overlay}
     */
    public static RgbImage panel(
            RgbImage image, @Nullable Mask mask, float[] map, int mapHeight, int mapWidth, MapScale scale) {
        return panel(image, mask, map, mapHeight, mapWidth, scale, side(mapHeight, mapWidth, LARGEST));
    }

    /**
     * Like {@link #panel(RgbImage, Mask, float[], int, int, MapScale)}, with a given longer side of each picture in
     * pixels.
     */
    static RgbImage panel(
            RgbImage image, @Nullable Mask mask, float[] map, int mapHeight, int mapWidth, MapScale scale, int side) {
        ImageSize tile = tileSize(image.size(), side);
        RgbImage input = Resize.lanczos(image, tile.width(), tile.height());
        List<RgbImage> tiles = new ArrayList<>();
        tiles.add(input);
        if (mask != null) {
            tiles.add(picture(mask.resized(tile.width(), tile.height())));
        }
        tiles.add(overlay(input, map, mapHeight, mapWidth, scale));
        return grid(List.of(tiles), GAP);
    }

    /**
     * Arranges pictures in one or several columns, filling the first column first. Panels without a mask are narrower;
     * each is aligned left.
     *
     * @param panels at least one
     * @param columns at least 1
     * @return the sheet
     * @throws IllegalArgumentException if one is less
     */
    public static RgbImage contactSheet(List<RgbImage> panels, int columns) {
        if (panels.isEmpty() || columns < 1) {
            throw new IllegalArgumentException(
                    "a contact sheet needs panels and columns, not " + panels.size() + " and " + columns);
        }
        int rows = (panels.size() + columns - 1) / columns;
        List<List<RgbImage>> grid = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            List<RgbImage> line = new ArrayList<>();
            for (int at = row; at < panels.size(); at += rows) {
                line.add(panels.get(at));
            }
            grid.add(line);
        }
        return grid(grid, COLUMN_GAP);
    }

    /**
     * Returns the longer side of a picture in a file: the map's, at least {@link #TILE} and at most {@code largest}.
     */
    static int side(int mapHeight, int mapWidth, int largest) {
        return Math.max(TILE, Math.min(largest, Math.max(mapHeight, mapWidth)));
    }

    static ImageSize tileSize(ImageSize size, int side) {
        double factor = (double) side / Math.max(size.width(), size.height());
        return new ImageSize((int) Math.max(1, Math.round(size.width() * factor)), (int)
                Math.max(1, Math.round(size.height() * factor)));
    }

    /**
     * Arranges pictures in lines with a thin gap between them; columns and lines have the size of their largest
     * picture.
     */
    static RgbImage grid(List<List<RgbImage>> lines, int columnGap) {
        int columns = lines.stream().mapToInt(List::size).max().orElseThrow();
        int[] lefts = new int[columns + 1];
        for (int column = 0; column < columns; column++) {
            int at = column;
            int widest = lines.stream()
                    .filter(line -> at < line.size())
                    .mapToInt(line -> line.get(at).width())
                    .max()
                    .orElseThrow();
            lefts[column + 1] = lefts[column] + widest + columnGap;
        }
        int width = lefts[columns] - columnGap;
        int height = lines.stream().mapToInt(Overlays::lineHeight).sum() + GAP * (lines.size() - 1);
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), RgbImage.CHANNELS)];
        Arrays.fill(rgb, PAPER);
        int top = 0;
        for (List<RgbImage> line : lines) {
            for (int column = 0; column < line.size(); column++) {
                copy(line.get(column), rgb, width, lefts[column], top);
            }
            top += lineHeight(line) + GAP;
        }
        return new RgbImage(width, height, rgb);
    }

    private static int lineHeight(List<RgbImage> line) {
        return line.stream().mapToInt(RgbImage::height).max().orElseThrow();
    }

    private static void copy(RgbImage image, byte[] target, int targetWidth, int left, int top) {
        int length = image.width() * RgbImage.CHANNELS;
        for (int y = 0; y < image.height(); y++) {
            System.arraycopy(
                    image.rgb(), y * length, target, ((top + y) * targetWidth + left) * RgbImage.CHANNELS, length);
        }
    }

    private static float[] stretched(float[] map, int mapHeight, int mapWidth, ImageSize size) {
        for (float score : map) {
            if (!Float.isFinite(score)) {
                throw new IllegalArgumentException("a map with the score " + score + " cannot be drawn");
            }
        }
        return Resize.bilinear(map, mapHeight, mapWidth, size.height(), size.width());
    }
}
