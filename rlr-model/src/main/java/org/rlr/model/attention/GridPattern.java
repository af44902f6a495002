package org.rlr.model.attention;

import org.rlr.tensor.backend.Locality;

/**
 * Which positions of a token grid a query may attend to: a predicate on two positions, so that any lambda is a pattern.
 * The window of a position is every position whose row and column differ by at most {@code windowSize/2} (integer
 * division), clipped at the border (RLR §6). {@link PatternAttention} attends by it.
 */
@FunctionalInterface
public interface GridPattern {

    /**
     * Whether the query at {@code (row, column)} may attend to the key at {@code (keyRow, keyColumn)}; positions count
     * from 0. Always the same answer.
     *
     * @param row row of the query, from 0
     * @param column column of the query, from 0
     * @param keyRow row of the key, from 0
     * @param keyColumn column of the key, from 0
     * @return whether attention is allowed
     */
    boolean allows(int row, int column, int keyRow, int keyColumn);

    /** {@return every position} As in {@code ca}, {@code sa}. */
    static GridPattern all() {
        return new WindowPattern(Locality.ALL, 1);
    }

    /**
     * Only inside the window ({@code mca}).
     *
     * @param windowSize side of the window in tokens, at least 1; an even one acts as the next odd one
     * @return the pattern
     * @throws IllegalArgumentException if the window size is not positive
     */
    static GridPattern inside(int windowSize) {
        return new WindowPattern(Locality.INSIDE, positive(windowSize, "window size"));
    }

    /**
     * Only outside the window ({@code nsa}, {@code msa}).
     *
     * @param windowSize side of the window in tokens, at least 1; an even one acts as the next odd one
     * @return the pattern
     * @throws IllegalArgumentException if the window size is not positive
     */
    static GridPattern outside(int windowSize) {
        return new WindowPattern(Locality.OUTSIDE, positive(windowSize, "window size"));
    }

    /**
     * A window of {@code windowSize×windowSize} positions that lie {@code step} apart: differences of rows and of
     * columns are multiples of the step, at most {@code windowSize/2} of them. Step 1 is {@link #inside}.
     *
     * @param windowSize side of the window in positions, at least 1
     * @param step tokens from one position to the next, at least 1
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
     * Inside the window of {@code outer}, outside that of {@code inner}.
     *
     * @param inner size of the window that is left out, in tokens, at least 1
     * @param outer size of the window around it, in tokens
     * @return the pattern
     * @throws IllegalArgumentException if nothing lies between them, or inner is not positive
     */
    static GridPattern ring(int inner, int outer) {
        if (outer / 2 <= positive(inner, "inner size") / 2) {
            throw new IllegalArgumentException("no position lies outside a window of size " + inner
                    + " and inside one of size " + outer + "; give an outer size of at least " + (2 * (inner / 2) + 2));
        }
        return outside(inner).and(inside(outer));
    }

    /** {@return the same row or the same column} */
    static GridPattern axial() {
        return (row, column, keyRow, keyColumn) -> row == keyRow || column == keyColumn;
    }

    /**
     * What both allow.
     *
     * @param other the second condition
     * @return the intersection
     */
    default GridPattern and(GridPattern other) {
        return (row, column, keyRow, keyColumn) ->
                allows(row, column, keyRow, keyColumn) && other.allows(row, column, keyRow, keyColumn);
    }

    /**
     * What one or the other allows.
     *
     * @param other the alternative
     * @return the union
     */
    default GridPattern or(GridPattern other) {
        return (row, column, keyRow, keyColumn) ->
                allows(row, column, keyRow, keyColumn) || other.allows(row, column, keyRow, keyColumn);
    }

    /** {@return what this does not allow} */
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
