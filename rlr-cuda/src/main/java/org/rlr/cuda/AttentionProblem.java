package org.rlr.cuda;

import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.View;

/** The sizes of one attention call. */
final class AttentionProblem {
    final AttentionPattern pattern;
    final int images;
    final int keys;
    final int headDim;
    /** Distance in elements from one image's keys (or values) to the next image's; 0 if all images share them. */
    final long kImage;

    final long vImage;
    final float scale;

    AttentionProblem(View q, View k, View v, AttentionPattern pattern) {
        pattern.requireFits(q.shape(), k.shape(), v.shape());
        this.pattern = pattern;
        images = q.shape().dim(0);
        int width = q.shape().dim(2);
        keys = k.shape().dim(1);
        headDim = width / pattern.heads();
        boolean sharedKeys = k.shape().dim(0) == 1;
        boolean sharedValues = v.shape().dim(0) == 1;
        kImage = sharedKeys ? 0 : (long) keys * width;
        vImage = sharedValues ? 0 : (long) keys * width;
        scale = (float) (1 / Math.sqrt(headDim));
    }

    /** The number of queries over all images and heads. */
    long rows() {
        return (long) images * pattern.heads() * pattern.tokens();
    }
}
