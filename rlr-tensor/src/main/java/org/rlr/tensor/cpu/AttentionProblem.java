package org.rlr.tensor.cpu;

import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.View;

/** The extents and inputs of one call of attention. */
final class AttentionProblem {
    final AttentionPattern pattern;
    final int heads;
    final int headDim;
    final int width;
    final int images;
    final int queries;
    final int keys;
    /** Whether all images share the keys and the values. */
    final boolean sharedKeys;

    final boolean sharedValues;
    final Tokens q;
    final Tokens k;
    final Tokens v;
    /** The factor of the products q·k. */
    final float scale;

    AttentionProblem(View q, View k, View v, AttentionPattern pattern) {
        pattern.requireFits(q.shape(), k.shape(), v.shape());
        this.pattern = pattern;
        this.q = new Tokens(q);
        this.k = new Tokens(k);
        this.v = new Tokens(v);
        heads = pattern.heads();
        images = q.shape().dim(0);
        queries = q.shape().dim(1);
        width = q.shape().dim(2);
        keys = k.shape().dim(1);
        headDim = width / heads;
        sharedKeys = k.shape().dim(0) == 1;
        sharedValues = v.shape().dim(0) == 1;
        scale = (float) (1 / Math.sqrt(headDim));
    }

    /** Returns the largest Euclidean norm of the head's channels in a run of tokens; NaN if any channel is NaN. */
    float largestNorm(Tokens tokens, int head, int image, int first, int count) {
        float largest = 0f;
        for (int i = first; i < first + count; i++) {
            int at = tokens.at(image, i, head * headDim);
            largest = Math.max(largest, AttentionTask.dot(tokens.data, at, tokens.data, at, headDim));
        }
        return (float) Math.sqrt(largest);
    }

    /** {@code [batch, tokens, width]} in an array; batch 1 is shared by all images. */
    static final class Tokens {
        final float[] data;
        final int width;
        private final int offset;
        private final int imageStride;

        Tokens(View view) {
            data = CpuStorage.array(view);
            offset = view.offset();
            width = view.shape().dim(2);
            imageStride = view.shape().dim(0) == 1 ? 0 : view.shape().dim(1) * width;
        }

        /** Returns the index of channel {@code channel} of a token. */
        int at(int image, int token, int channel) {
            return offset + image * imageStride + token * width + channel;
        }
    }
}
