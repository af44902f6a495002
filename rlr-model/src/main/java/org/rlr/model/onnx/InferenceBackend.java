package org.rlr.model.onnx;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/** A backend without training: training primitives throw. */
abstract class InferenceBackend implements Backend {
    private static UnsupportedOperationException training() {
        return new UnsupportedOperationException("recording a graph supports only inference");
    }

    @Override
    public void unaryBackward(UnaryOp op, View x, View y, View dy, View dx, boolean accumulate) {
        throw training();
    }

    @Override
    public void maxBackward(View x, View y, View dy, int axis, View dx, boolean accumulate) {
        throw training();
    }

    @Override
    public void softmaxBackward(View y, View dy, View dx, boolean accumulate) {
        throw training();
    }

    @Override
    public void layerNormOfSumBackward(
            View sum,
            float[] weights,
            View gamma,
            View mean,
            View rstd,
            View dy,
            List<@Nullable View> dxs,
            boolean[] accumulate,
            View dgamma,
            View dbeta) {
        throw training();
    }

    @Override
    public void attentionBackward(
            View q,
            View k,
            View v,
            View out,
            View lse,
            View dout,
            AttentionPattern pattern,
            View dq,
            View dk,
            View dv) {
        throw training();
    }

    @Override
    public void reconstructionLoss(View reconstruction, View target, View loss) {
        throw training();
    }

    @Override
    public void reconstructionLossBackward(
            View reconstruction, View target, View dloss, View dreconstruction, boolean accumulate) {
        throw training();
    }

    @Override
    public void conv2dBackwardInput(View dy, View w, ConvGeometry geometry, View dx, boolean accumulate) {
        throw training();
    }

    @Override
    public void conv2dBackwardWeights(View x, View dy, ConvGeometry geometry, View dw, boolean accumulate) {
        throw training();
    }

    @Override
    public void adam(View p, View g, View m, View v, AdamSettings settings, long step) {
        throw training();
    }

    @Override
    public void normal(View y, long seed, long stream) {
        throw training();
    }

    @Override
    public void featureJitter(View x, float scale, @Nullable View tokenScale, long seed, long stream, View y) {
        throw training();
    }
}
