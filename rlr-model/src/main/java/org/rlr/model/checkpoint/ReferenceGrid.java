package org.rlr.model.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelException;
import org.rlr.model.data.ImageSize;
import org.rlr.tensor.InvalidSettingException;

/**
 * A pair of image size S and reference length r that matches the references of a checkpoint: {@code r·(S/stride)²}
 * tokens at every level. Several pairs can match.
 *
 * @param imageSize S, pixels
 * @param refLen r
 */
public record ReferenceGrid(int imageSize, int refLen) {
    private static final int MOST_CHUNKS = 1000;
    /** Levels have at least 4×4 tokens. */
    private static final int LEAST_SIDE = 4;

    /**
     * Returns all matching pairs by ascending r.
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
     * Chooses a pair: the one with the requested size; otherwise the one with the usual size, if it matches, or else
     * the one with the shortest reference.
     *
     * @param strides pixels per token of each level
     * @param tokens tokens of each level's reference; 0 for none
     * @param imageSize the requested size, or null
     * @param usual the backbone's default size
     * @throws ModelException if no size matches
     * @throws InvalidSettingException if the requested size does not match
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
                    references(strides, tokens, origin) + ", match no square image size",
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
     * Computes the reference length for an image size that is not square. Such a size must be set, as a checkpoint does
     * not contain it.
     *
     * @param strides pixels per token of each level
     * @param tokens tokens of each level's reference; 0 for none
     * @throws InvalidSettingException if the size does not match
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
