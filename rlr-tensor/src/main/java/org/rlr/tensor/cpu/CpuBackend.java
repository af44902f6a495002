package org.rlr.tensor.cpu;

import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Device;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.MemoryUse;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/**
 * The CPU backend: delegates every primitive to the class of its family, which splits it into tasks and calls the
 * kernels.
 */
final class CpuBackend implements Backend {
    private final CpuKernels kernels;
    private final Parallel parallel;
    private final ScratchPool scratch;
    private final CpuMemory memory;
    private final CpuElementwise elementwise;
    private final CpuReduction reduction;
    private final CpuLayout layout;
    private final CpuMatrix matrix;
    private final CpuNormalization normalization;
    private final CpuLoss loss;
    private final CpuRandom random;
    private final CpuAttention attention;
    private final CpuConvolution convolution;

    CpuBackend(CpuKernels kernels, BackendSettings settings) {
        this.kernels = kernels;
        int cores = Runtime.getRuntime().availableProcessors();
        scratch = new ScratchPool(Math.max(cores, settings.threads()), settings.keptBytes());
        memory = new CpuMemory(scratch, settings.keptBytes());
        parallel = new Parallel(settings.threads(), scratch::run);
        elementwise = new CpuElementwise(kernels.elementwise(), parallel);
        reduction = new CpuReduction(kernels.elementwise(), kernels.rows(), parallel);
        layout = new CpuLayout(kernels.elementwise(), parallel);
        matrix = new CpuMatrix(kernels.gemm(), elementwise, parallel);
        normalization = new CpuNormalization(kernels.elementwise(), kernels.rows(), parallel);
        loss = new CpuLoss(parallel);
        random = new CpuRandom(parallel);
        attention = new CpuAttention(kernels.attention(), parallel);
        convolution = new CpuConvolution(kernels, parallel);
    }

    @Override
    public Device device() {
        return Device.CPU;
    }

    @Override
    public String description() {
        return "cpu (" + kernels.description() + " kernels, " + parallel.threads()
                + (parallel.threads() == 1 ? " thread)" : " threads)");
    }

    @Override
    public void onHost(int tasks, IntConsumer body) {
        run(() -> parallel.forEach(tasks, body));
    }

    /**
     * Runs a primitive with working arrays for this thread. Converts any thread's lack of memory to an exception here.
     */
    private void run(Runnable primitive) {
        try {
            scratch.run(primitive);
        } catch (OutOfMemoryError e) {
            throw memory.shortage("", e);
        }
    }

    @Override
    public Storage allocate(int elements) {
        return memory.allocate(elements);
    }

    @Override
    public MemoryUse memory() {
        return memory.use();
    }

    @Override
    public void trim() {
        memory.trim();
    }

    @Override
    public void upload(float[] src, int srcOffset, View dst) {
        run(() -> elementwise.copy(src, srcOffset, CpuStorage.array(dst), dst.offset(), dst.elements()));
    }

    @Override
    public void download(View src, float[] dst, int dstOffset) {
        if (src.storage() instanceof PackedWeights) {
            run(() -> PackedWeights.unpack(src, dst, dstOffset));
            return;
        }
        run(() -> elementwise.copy(CpuStorage.array(src), src.offset(), dst, dstOffset, src.elements()));
    }

    @Override
    public void copy(View src, View dst) {
        run(() -> elementwise.copy(
                CpuStorage.array(src), src.offset(), CpuStorage.array(dst), dst.offset(), dst.elements()));
    }

    @Override
    public void fill(View dst, float value) {
        run(() -> elementwise.fill(dst, value));
    }

    /** Does nothing: every primitive returns after its result is computed. */
    @Override
    public void synchronize() {}

    @Override
    public void unary(UnaryOp op, View x, View y) {
        run(() -> elementwise.unary(op, x, y));
    }

    @Override
    public void unaryBackward(UnaryOp op, View x, View y, View dy, View dx, boolean accumulate) {
        run(() -> elementwise.unaryBackward(op, x, y, dy, dx, accumulate));
    }

    @Override
    public void binary(BinaryOp op, View a, View b, View out, boolean accumulate) {
        run(() -> elementwise.binary(op, a, b, out, accumulate));
    }

    @Override
    public void affine(View x, float scale, float shift, View y, boolean accumulate) {
        run(() -> elementwise.affine(x, scale, shift, y, accumulate));
    }

    @Override
    public void sumTo(View x, View y, boolean accumulate) {
        run(() -> reduction.sumTo(x, y, accumulate));
    }

    @Override
    public void weightedSum(List<View> xs, float[] weights, View y) {
        run(() -> elementwise.weightedSum(xs, weights, y));
    }

    @Override
    public void max(View x, int axis, View y) {
        run(() -> reduction.max(x, axis, y));
    }

    @Override
    public void maxBackward(View x, View y, View dy, int axis, View dx, boolean accumulate) {
        run(() -> reduction.maxBackward(x, y, dy, axis, dx, accumulate));
    }

    @Override
    public void softmax(View x, View y) {
        run(() -> reduction.softmax(x, y));
    }

    @Override
    public void softmaxBackward(View y, View dy, View dx, boolean accumulate) {
        run(() -> reduction.softmaxBackward(y, dy, dx, accumulate));
    }

    @Override
    public void permute(View x, int[] axes, View y) {
        run(() -> layout.permute(x, axes, y));
    }

    @Override
    public void slice(View x, int axis, int start, View y, boolean accumulate) {
        run(() -> layout.slice(x, axis, start, y, accumulate));
    }

    @Override
    public void place(View x, int axis, int start, View y, boolean accumulate) {
        run(() -> layout.place(x, axis, start, y, accumulate));
    }

    @Override
    public void matmul(View a, boolean transA, View b, boolean transB, float alpha, View c, boolean accumulate) {
        run(() -> matrix.matmul(a, transA, b, transB, alpha, c, accumulate));
    }

    @Override
    public Storage packWeights(View w, int parts) {
        if (w.shape().dim(0) % parts != 0) {
            throw new IllegalArgumentException(
                    "weights of shape " + w.shape() + " cannot be split into " + parts + " parts");
        }
        int size = kernels.gemm()
                .packedSize(
                        w.shape().dim(0) / parts, w.shape().span(1, w.shape().rank()));
        if (size == 0) {
            return Backend.super.packWeights(w, parts);
        }
        CpuStorage packed = (CpuStorage) memory.allocate(Math.multiplyExact(parts, size));
        try {
            return new PackedWeights(kernels.gemm(), packed, w, parts);
        } catch (RuntimeException | Error e) {
            packed.release();
            throw e;
        }
    }

    @Override
    public void linear(View x, View w, @Nullable View bias, Activation activation, @Nullable View pre, View y) {
        run(() -> matrix.linear(x, w, bias, activation, pre, y));
    }

    @Override
    public void layerNorm(View x, View gamma, View beta, float eps, View y, View mean, View rstd) {
        run(() -> normalization.forward(x, gamma, beta, eps, y, mean, rstd));
    }

    @Override
    public void layerNormOfSum(
            List<View> xs,
            float[] weights,
            View gamma,
            View beta,
            float eps,
            @Nullable View sum,
            View y,
            View mean,
            View rstd) {
        run(() -> normalization.forwardOfSum(xs, weights, gamma, beta, eps, sum, y, mean, rstd));
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
        run(() -> normalization.backwardOfSum(sum, weights, gamma, mean, rstd, dy, dxs, accumulate, dgamma, dbeta));
    }

    @Override
    public void attention(View q, View k, View v, AttentionPattern pattern, View out, View lse) {
        run(() -> attention.forward(q, k, v, pattern, out, lse));
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
        run(() -> attention.backward(q, k, v, out, lse, dout, pattern, dq, dk, dv));
    }

    @Override
    public void reconstructionLoss(View reconstruction, View target, View result) {
        run(() -> loss.forward(reconstruction, target, result));
    }

    @Override
    public void reconstructionLossBackward(
            View reconstruction, View target, View dloss, View dreconstruction, boolean accumulate) {
        run(() -> loss.backward(reconstruction, target, dloss, dreconstruction, accumulate));
    }

    @Override
    public void tokenScores(View reconstruction, View target, View scores) {
        run(() -> loss.tokenScores(reconstruction, target, scores));
    }

    @Override
    public void conv2d(View x, View w, @Nullable View bias, ConvGeometry geometry, Activation activation, View y) {
        run(() -> convolution.forward(x, w, bias, geometry, activation, y));
    }

    @Override
    public void conv2dBackwardInput(View dy, View w, ConvGeometry geometry, View dx, boolean accumulate) {
        run(() -> convolution.backwardInput(dy, w, geometry, dx, accumulate));
    }

    @Override
    public void conv2dBackwardWeights(View x, View dy, ConvGeometry geometry, View dw, boolean accumulate) {
        run(() -> convolution.backwardWeights(x, dy, geometry, dw, accumulate));
    }

    @Override
    public void averagePool(View x, int kernel, View y, boolean accumulate) {
        run(() -> convolution.averagePool(x, kernel, y, accumulate));
    }

    @Override
    public void maxPool(View x, ConvGeometry geometry, View y) {
        run(() -> convolution.maxPool(x, geometry, y));
    }

    @Override
    public void adam(View p, View g, View m, View v, AdamSettings settings, long step) {
        run(() -> elementwise.adam(p, g, m, v, settings, step));
    }

    @Override
    public void normal(View y, long seed, long stream) {
        run(() -> random.normal(y, seed, stream));
    }

    @Override
    public void featureJitter(View x, float scale, @Nullable View tokenScale, long seed, long stream, View y) {
        run(() -> random.featureJitter(x, scale, tokenScale, seed, stream, y));
    }

    /** Ends the worker threads and drops the memory cached for reuse. */
    @Override
    public void close() {
        parallel.close();
        memory.trim();
    }
}
