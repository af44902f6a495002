package org.rlr.model.data;

import org.jspecify.annotations.Nullable;

/**
 * The network inputs of one image: the whole image, resized, or its tiles in order. Only one input exists at a time, so
 * a large image needs little more memory than its pixels.
 */
public final class ImageInputs {
    private final Preprocessor preprocessor;
    private final @Nullable Tiles tiles;
    /** Empty if the image is cut into tiles. */
    private final float[] whole;

    /** The places of the tiles in the image, which has the grid's size. */
    private record Tiles(TileGrid grid, RgbImage image) {}

    private ImageInputs(Preprocessor preprocessor, @Nullable Tiles tiles, float[] whole) {
        this.preprocessor = preprocessor;
        this.tiles = tiles;
        this.whole = whole;
    }

    /** Creates the input of a whole image. */
    static ImageInputs whole(RgbImage image, Preprocessor preprocessor) {
        return new ImageInputs(preprocessor, null, preprocessor.apply(image));
    }

    /** Creates inputs that are tiles of the preprocessor's size. */
    static ImageInputs tiles(RgbImage image, TileGrid grid, Preprocessor preprocessor) {
        return new ImageInputs(
                preprocessor,
                new Tiles(
                        grid,
                        Resize.lanczos(image, grid.image().width(), grid.image().height())),
                new float[0]);
    }

    /** {@return the places of the tiles; null for the whole image} */
    public @Nullable TileGrid grid() {
        return tiles == null ? null : tiles.grid;
    }

    /** {@return the number of inputs} */
    public int count() {
        return tiles == null ? 1 : tiles.grid.count();
    }

    /**
     * Returns one input, {@code [H, W, 3]}, normalised; do not modify it, it is not a copy.
     *
     * @param input from 0
     * @return its {@code H·W·3} values
     */
    public float[] pixels(int input) {
        return tiles == null ? whole : preprocessor.apply(tiles.grid.cut(tiles.image, input));
    }

    /**
     * Writes one input, {@code [H, W, 3]}, normalised, into a batch from {@code offset} on.
     *
     * @param input from 0
     * @param batch the target
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
