package org.rlr.model.attention;

import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;

/** A pattern that every backend has kernels for (RLR §6). */
record WindowPattern(Locality locality, int windowSize) implements GridPattern {

    @Override
    public boolean allows(int row, int column, int keyRow, int keyColumn) {
        boolean inside = Math.max(Math.abs(row - keyRow), Math.abs(column - keyColumn)) <= windowSize / 2;
        return switch (locality) {
            case ALL -> true;
            case INSIDE -> inside;
            case OUTSIDE -> !inside;
        };
    }

    @Override
    public GridPattern negate() {
        return switch (locality) {
            case ALL -> GridPattern.super.negate();
            case INSIDE -> new WindowPattern(Locality.OUTSIDE, windowSize);
            case OUTSIDE -> new WindowPattern(Locality.INSIDE, windowSize);
        };
    }

    /** The same pattern for the kernels. */
    AttentionPattern on(int heads, int height, int width) {
        return new AttentionPattern(heads, height, width, windowSize, locality);
    }
}
