package org.rlr.model.data;

/**
 * What a network sees of one image: the whole, resized, or its tiles, one after the other. Not more than one input is
 * made at a time, so that the memory of large images is that of their pixels.
 */
public final class ImageInputs {
    private final Preprocessor preprocessor;
    private final TileGrid grid;
    private final RgbImage image;
    private final float[] whole;

    private ImageInputs(Preprocessor preprocessor, TileGrid grid, RgbImage image, float[] whole) {
        this.preprocessor = preprocessor;
        this.grid = grid;
        this.image = image;
        this.whole = whole;
    }

    /** The whole image. */
    static ImageInputs whole(RgbImage image, Preprocessor preprocessor) {
        return new ImageInputs(preprocessor, null, null, preprocessor.apply(image));
    }

    /** Tiles of the preprocessor's size. */
    static ImageInputs tiles(RgbImage image, TileGrid grid, Preprocessor preprocessor) {
        return new ImageInputs(
                preprocessor,
                grid,
                Resize.lanczos(image, grid.image().width(), grid.image().height()),
                null);
    }

    /** {@return where the tiles lie; null for the whole image} */
    public TileGrid grid() {
        return grid;
    }

    /** {@return how many inputs there are} */
    public int count() {
        return grid == null ? 1 : grid.count();
    }

    /**
     * One, {@code [H, W, 3]}, normalised; not a copy, treat it as read-only.
     *
     * @param input from 0
     * @return {@code H·W·3} values
     */
    public float[] pixels(int input) {
        return grid == null ? whole : preprocessor.apply(grid.cut(image, input));
    }

    /**
     * Writes one, {@code [H, W, 3]}, normalised, into a batch from {@code offset} on.
     *
     * @param input from 0
     * @param batch where to write
     * @param offset index of its first value there
     */
    public void write(int input, float[] batch, int offset) {
        if (grid == null) {
            System.arraycopy(whole, 0, batch, offset, whole.length);
        } else {
            preprocessor.apply(grid.cut(image, input), batch, offset);
        }
    }
}
