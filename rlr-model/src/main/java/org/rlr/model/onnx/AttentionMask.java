package org.rlr.model.onnx;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;

/**
 * The keys that each query may attend to.
 *
 * @param scores added to the scores, {@code [L, L]}
 * @param attending 0 for queries without keys, else 1, {@code [L, 1]}; null if all have keys
 */
record AttentionMask(Value scores, @Nullable Value attending) {
    /** Suppresses any score; finite, so that a fully masked row has a softmax. */
    private static final float FORBIDDEN = -1e30f;

    /** Creates the mask from two small constants, because a window is an interval of rows times one of columns. */
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

    /** Returns {@code value} for positions at most {@code radius} apart, 0 for the others, {@code [length, length]}. */
    private static float[] near(int length, int radius, float value) {
        float[] near = new float[length * length];
        for (int i = 0; i < near.length; i++) {
            near[i] = Math.abs(i / length - i % length) <= radius ? value : 0;
        }
        return near;
    }

    /** Returns whether a window around a position contains all positions. */
    private static boolean reaches(int position, int length, int radius) {
        return Math.max(position, length - 1 - position) <= radius;
    }
}
