package org.rlr.tensor.backend;

import org.rlr.tensor.Shape;

/**
 * Multi-head attention over tokens of an {@code h×w} grid; token {@code i·w + j} is position {@code (i, j)}. The window
 * of a position is every position whose row and column differ by at most {@code windowSize/2} (integer division),
 * clipped at the border.
 *
 * @param heads the number of heads; the model width is a multiple of it
 * @param height rows of the grid
 * @param width columns of the grid
 * @param windowSize rows and columns of the window; ignored for {@link Locality#ALL}
 * @param locality which keys a query may attend to; {@link Locality#ALL} allows any number of keys, the others exactly
 *     {@code height·width}
 */
public record AttentionPattern(int heads, int height, int width, int windowSize, Locality locality) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if heads or grid are not positive, or the window size is not positive and the
     *     locality uses it
     */
    public AttentionPattern {
        if (heads < 1 || height < 1 || width < 1 || (windowSize < 1 && locality != Locality.ALL)) {
            throw new IllegalArgumentException("heads, grid and window size of attention must be positive: heads "
                    + heads + ", grid " + height + "x" + width + ", window size " + windowSize);
        }
    }

    /**
     * Checks the shapes of one call.
     *
     * @param q shape of the queries, {@code [N, height·width, d]}, d a multiple of the heads
     * @param k shape of the keys, {@code [N or 1, M, d]}; M is {@code height·width} unless the locality is
     *     {@link Locality#ALL}
     * @param v shape of the values, {@code [N or 1, M, d]}
     * @throws IllegalArgumentException if they do not match each other or the grid
     */
    public void requireFits(Shape q, Shape k, Shape v) {
        if (q.rank() != 3
                || k.rank() != 3
                || v.rank() != 3
                || q.dim(1) != tokens()
                || k.dim(1) != v.dim(1)
                || (locality != Locality.ALL && k.dim(1) != tokens())
                || q.dim(2) % heads != 0
                || k.dim(2) != q.dim(2)
                || v.dim(2) != q.dim(2)
                || (k.dim(0) != 1 && k.dim(0) != q.dim(0))
                || (v.dim(0) != 1 && v.dim(0) != q.dim(0))) {
            throw new IllegalArgumentException("queries " + q + ", keys " + k + " and values " + v + " do not match "
                    + this + "; they must be [N, " + tokens() + ", d] and twice [N or 1, "
                    + (locality == Locality.ALL ? "M" : tokens()) + ", d], d a multiple of the heads");
        }
    }

    /** {@return the number of queries, {@code height·width}} */
    public int tokens() {
        return height * width;
    }

    /** {@return the distance from the window's centre to its border, {@code windowSize/2}} */
    public int radius() {
        return windowSize / 2;
    }
}
