package org.rlr.model.attention;

import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;

/** A pattern that every backend has kernels for (RLR §6). */
record WindowPattern(Locality locality, int side) implements GridPattern {

    @Override
    public boolean allows(int row, int column, int keyRow, int keyColumn) {
        boolean inside = Math.max(Math.abs(row - keyRow), Math.abs(column - keyColumn)) <= side / 2;
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
            case INSIDE -> new WindowPattern(Locality.OUTSIDE, side);
            case OUTSIDE -> new WindowPattern(Locality.INSIDE, side);
        };
    }

    /** The same for the kernels. */
    AttentionPattern on(int heads, int height, int width) {
        return new AttentionPattern(heads, height, width, side, locality);
    }
}
