package org.rlr.model.data;

import org.jspecify.annotations.Nullable;

/**
 * What a network sees of one image: the whole, resized, or its tiles, one after the other. Not more than one input is
 * made at a time, so that the memory of large images is that of their pixels.
 */
public final class ImageInputs {
    private final Preprocessor preprocessor;
    private final @Nullable Tiles tiles;
    /** Empty where there are tiles. */
    private final float[] whole;

    /** Where the tiles lie in the image, which has the grid's size. */
    private record Tiles(TileGrid grid, RgbImage image) {}

    private ImageInputs(Preprocessor preprocessor, @Nullable Tiles tiles, float[] whole) {
        this.preprocessor = preprocessor;
        this.tiles = tiles;
        this.whole = whole;
    }

    /** The whole image. */
    static ImageInputs whole(RgbImage image, Preprocessor preprocessor) {
        return new ImageInputs(preprocessor, null, preprocessor.apply(image));
    }

    /** Tiles of the preprocessor's size. */
    static ImageInputs tiles(RgbImage image, TileGrid grid, Preprocessor preprocessor) {
        return new ImageInputs(
                preprocessor,
                new Tiles(
                        grid,
                        Resize.lanczos(image, grid.image().width(), grid.image().height())),
                new float[0]);
    }

    /** {@return where the tiles lie; null for the whole image} */
    public @Nullable TileGrid grid() {
        return tiles == null ? null : tiles.grid;
    }

    /** {@return how many inputs there are} */
    public int count() {
        return tiles == null ? 1 : tiles.grid.count();
    }

    /**
     * One, {@code [H, W, 3]}, normalised; not a copy, treat it as read-only.
     *
     * @param input from 0
     * @return {@code H·W·3} values
     */
    public float[] pixels(int input) {
        return tiles == null ? whole : preprocessor.apply(tiles.grid.cut(tiles.image, input));
    }

    /**
     * Writes one, {@code [H, W, 3]}, normalised, into a batch from {@code offset} on.
     *
     * @param input from 0
     * @param batch where to write
     * @param offset index of its first value there
     */
    public void write(int input, float[] batch, int offset) {
        if (tiles == null) {
            System.arraycopy(whole, 0, batch, offset, whole.length);
        } else {
            preprocessor.apply(tiles.grid.cut(tiles.image, input), batch, offset);
        }
    }
}
