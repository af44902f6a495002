package org.rlr.model.attention;

import org.rlr.tensor.backend.Locality;

/**
 * The positions of a token grid that a query may attend to: a predicate on two positions, so any lambda can be a
 * pattern. The window of a position contains every position whose row and column differ by at most {@code windowSize/2}
 * (integer division), clipped at the border (RLR §6). Used by {@link PatternAttention}.
 */
@FunctionalInterface
public interface GridPattern {

    /**
     * Whether the query at {@code (row, column)} may attend to the key at {@code (keyRow, keyColumn)}. The answer for
     * the same arguments must not change.
     *
     * @param row row of the query, from 0
     * @param column column of the query, from 0
     * @param keyRow row of the key, from 0
     * @param keyColumn column of the key, from 0
     * @return whether attention is allowed
     */
    boolean allows(int row, int column, int keyRow, int keyColumn);

    /** {@return the pattern of all positions} As in {@code ca}, {@code sa}. */
    static GridPattern all() {
        return new WindowPattern(Locality.ALL, 1);
    }

    /**
     * Returns the positions inside the window ({@code mca}).
     *
     * @param windowSize window size in tokens, at least 1; an even size acts as the next odd one
     * @return the pattern
     * @throws IllegalArgumentException if the window size is not positive
     */
    static GridPattern inside(int windowSize) {
        return new WindowPattern(Locality.INSIDE, positive(windowSize, "window size"));
    }

    /**
     * Returns the positions outside the window ({@code nsa}, {@code msa}).
     *
     * @param windowSize window size in tokens, at least 1; an even size acts as the next odd one
     * @return the pattern
     * @throws IllegalArgumentException if the window size is not positive
     */
    static GridPattern outside(int windowSize) {
        return new WindowPattern(Locality.OUTSIDE, positive(windowSize, "window size"));
    }

    /**
     * Returns a window of {@code windowSize×windowSize} positions that are {@code step} tokens apart: differences of
     * rows and columns are multiples of the step, at most {@code windowSize/2} of them. Step 1 is {@link #inside}.
     *
     * @param windowSize window size in positions, at least 1
     * @param step distance between neighbouring positions in tokens, at least 1
     * @return the pattern
     * @throws IllegalArgumentException if window size or step is not positive
     */
    static GridPattern dilated(int windowSize, int step) {
        positive(step, "step");
        GridPattern reach = inside(2 * (positive(windowSize, "window size") / 2) * step + 1);
        return reach.and(
                (row, column, keyRow, keyColumn) -> (row - keyRow) % step == 0 && (column - keyColumn) % step == 0);
    }

    /**
     * Returns the positions inside the window of size {@code outer} and outside that of size {@code inner}.
     *
     * @param inner size of the excluded window, in tokens, at least 1
     * @param outer size of the window around it, in tokens
     * @return the pattern
     * @throws IllegalArgumentException if no position lies between them, or inner is not positive
     */
    static GridPattern ring(int inner, int outer) {
        if (outer / 2 <= positive(inner, "inner size") / 2) {
            throw new IllegalArgumentException("no position lies outside a window of size " + inner
                    + " and inside one of size " + outer + "; give an outer size of at least " + (2 * (inner / 2) + 2));
        }
        return outside(inner).and(inside(outer));
    }

    /** {@return the positions in the same row or the same column} */
    static GridPattern axial() {
        return (row, column, keyRow, keyColumn) -> row == keyRow || column == keyColumn;
    }

    /**
     * Returns the intersection: positions that both patterns allow.
     *
     * @param other the second pattern
     * @return the intersection
     */
    default GridPattern and(GridPattern other) {
        return (row, column, keyRow, keyColumn) ->
                allows(row, column, keyRow, keyColumn) && other.allows(row, column, keyRow, keyColumn);
    }

    /**
     * Returns the union: positions that either pattern allows.
     *
     * @param other the second pattern
     * @return the union
     */
    default GridPattern or(GridPattern other) {
        return (row, column, keyRow, keyColumn) ->
                allows(row, column, keyRow, keyColumn) || other.allows(row, column, keyRow, keyColumn);
    }

    /** {@return the positions that this pattern does not allow} */
    default GridPattern negate() {
        return (row, column, keyRow, keyColumn) -> !allows(row, column, keyRow, keyColumn);
    }

    private static int positive(int value, String what) {
        if (value < 1) {
            throw new IllegalArgumentException("the " + what + " of a pattern is " + value + "; it must be at least 1");
        }
        return value;
    }
}
