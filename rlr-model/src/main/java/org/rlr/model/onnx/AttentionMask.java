package org.rlr.model.onnx;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;

/**
 * Which keys a query may attend to.
 *
 * @param scores added to the scores, {@code [L, L]}
 * @param attending 0 for queries without keys, else 1, {@code [L, 1]}; null where all have some
 */
record AttentionMask(Value scores, @Nullable Value attending) {
    /** Absorbs any score; finite, so that a row of nothing else has a softmax. */
    private static final float FORBIDDEN = -1e30f;

    /** A window is an interval of rows by one of columns, so that two small constants make the mask. */
    static AttentionMask of(Graph graph, AttentionPattern pattern) {
        int height = pattern.height();
        int width = pattern.width();
        boolean inside = pattern.locality() == Locality.INSIDE;
        Value rows =
                graph.constant(near(height, pattern.radius(), inside ? -FORBIDDEN : FORBIDDEN), height, 1, height, 1);
        Value columns = graph.constant(near(width, pattern.radius(), 1), 1, width, 1, width);
        Value window = graph.two("Mul", rows, columns);
        Value scores = inside ? graph.two("Add", window, graph.scalar(FORBIDDEN)) : window;
        float[] attending = new float[pattern.tokens()];
        boolean each = true;
        for (int q = 0; q < attending.length; q++) {
            boolean all = reaches(q / width, height, pattern.radius()) && reaches(q % width, width, pattern.radius());
            attending[q] = inside || !all ? 1 : 0;
            each &= attending[q] == 1;
        }
        return new AttentionMask(
                graph.reshape(scores, pattern.tokens(), pattern.tokens()),
                each ? null : graph.constant(attending, pattern.tokens(), 1));
    }

    /** A value for positions that are at most so far from each other, 0 for the others, {@code [length, length]}. */
    private static float[] near(int length, int radius, float value) {
        float[] near = new float[length * length];
        for (int i = 0; i < near.length; i++) {
            near[i] = Math.abs(i / length - i % length) <= radius ? value : 0;
        }
        return near;
    }

    /** Whether a window around a position holds all of them. */
    private static boolean reaches(int position, int length, int radius) {
        return Math.max(position, length - 1 - position) <= radius;
    }
}
