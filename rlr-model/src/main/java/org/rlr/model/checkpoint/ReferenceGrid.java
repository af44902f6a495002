package org.rlr.model.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelException;
import org.rlr.model.data.ImageSize;
import org.rlr.tensor.InvalidSettingException;

/**
 * Image size S and reference length r that give the references of a checkpoint: {@code r·(S/stride)²} tokens at every
 * level. Several pairs can.
 *
 * @param imageSize S, pixels
 * @param refLen r
 */
public record ReferenceGrid(int imageSize, int refLen) {
    private static final int MOST_CHUNKS = 1000;
    /** Levels have at least 4×4 tokens. */
    private static final int LEAST_SIDE = 4;

    /**
     * Every pair that fits, by ascending r.
     *
     * @param strides pixels per token of each level
     * @param tokens tokens of each level's reference
     */
    static List<ReferenceGrid> fitting(int[] strides, int[] tokens) {
        List<ReferenceGrid> fitting = new ArrayList<>();
        for (int r = 1; r <= MOST_CHUNKS && r <= tokens[0]; r++) {
            int side = (int) Math.round(Math.sqrt((double) tokens[0] / r));
            int size = side * strides[0];
            boolean fits = true;
            for (int i = 0; i < strides.length; i++) {
                long s = size / strides[i];
                fits &= size % strides[i] == 0 && s >= LEAST_SIDE && s * s * r == tokens[i];
            }
            if (fits) {
                fitting.add(new ReferenceGrid(size, r));
            }
        }
        return fitting;
    }

    /**
     * The pair to take: that of the size asked for; otherwise that of the usual size, where it fits, or else the one
     * with the shortest reference.
     *
     * @param strides pixels per token of each level
     * @param tokens tokens of each level's reference; 0 where it has none
     * @param imageSize the size asked for, or null
     * @param usual the size that is taken with the backbone unless told otherwise
     * @throws ModelException if no size fits
     * @throws InvalidSettingException if the one asked for does not fit
     */
    static ReferenceGrid choose(int[] strides, int[] tokens, @Nullable Integer imageSize, int usual, String origin) {
        int wanted = imageSize == null ? usual : imageSize;
        if (tokens[0] == 0) {
            return new ReferenceGrid(wanted, 1);
        }
        List<ReferenceGrid> fitting = fitting(strides, tokens);
        for (ReferenceGrid grid : fitting) {
            if (grid.imageSize == wanted) {
                return grid;
            }
        }
        if (fitting.isEmpty()) {
            throw new ModelException(
                    ModelException.Reason.DOES_NOT_FIT,
                    references(strides, tokens, origin) + ", are of no square image size",
                    "name the right `levels`",
                    null);
        }
        if (imageSize != null) {
            throw new InvalidSettingException(
                    "imageSize",
                    imageSize,
                    describe(fitting),
                    references(strides, tokens, origin) + ", do not fit `imageSize` " + imageSize,
                    "these sizes fit: " + describe(fitting));
        }
        return fitting.get(0);
    }

    private static String references(int[] strides, int[] tokens, String origin) {
        return "the references of " + origin + ", " + Arrays.toString(tokens) + " tokens at strides "
                + Arrays.toString(strides);
    }

    /**
     * The reference length of an image size that is not square, which has to be told as nothing in a checkpoint tells
     * it.
     *
     * @param strides pixels per token of each level
     * @param tokens tokens of each level's reference; 0 where it has none
     * @throws InvalidSettingException if the size does not fit
     */
    static int refLen(int[] strides, int[] tokens, ImageSize size, String origin) {
        if (tokens[0] == 0) {
            return 1;
        }
        int refLen = 0;
        for (int i = 0; i < strides.length; i++) {
            int grid = size.height() / strides[i] * (size.width() / strides[i]);
            int chunks = grid == 0 || tokens[i] % grid != 0 ? 0 : tokens[i] / grid;
            if (chunks == 0
                    || size.height() % strides[i] != 0
                    || size.width() % strides[i] != 0
                    || (i > 0 && chunks != refLen)) {
                throw new InvalidSettingException(
                        "imageSize",
                        size,
                        "the size that it was trained with",
                        references(strides, tokens, origin) + ", do not fit images of " + size + " pixels",
                        "name the `imageSize` that it was trained with");
            }
            refLen = chunks;
        }
        return refLen;
    }

    /** Sizes with their reference lengths, for messages. */
    static String describe(List<ReferenceGrid> grids) {
        return String.join(
                ", ",
                grids.stream()
                        .map(g -> g.imageSize + " (reference length " + g.refLen + ")")
                        .toList());
    }
}
