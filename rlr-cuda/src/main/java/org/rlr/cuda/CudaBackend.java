package org.rlr.cuda;

import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.rlr.cuda.driver.Card;
import org.rlr.cuda.driver.NotCapturableException;
import org.rlr.cuda.driver.Stream;
import org.rlr.tensor.Device;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.Capture;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.MemoryUse;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/**
 * The backend of one graphics card. It delegates each primitive to the class of its family, which launches the kernels
 * of its file or calls cuBLAS or cuDNN. Everything runs on one stream.
 */
final class CudaBackend implements Backend {
    private static final System.Logger LOG = System.getLogger(CudaBackend.class.getName());

    private final CudaEngine engine;
    private final Parallel host;
    private final CudaMemory memory;
    private final CudaElementwise elementwise;
    private final CudaReduction reduction;
    private final CudaLayout layout;
    private final CudaMatrix matrix;
    private final CudaNormalization normalization;
    private final CudaLoss loss;
    private final CudaRandom random;
    private final CudaAttention attention;
    private final CudaConvolution convolution;
    private boolean closed;

    CudaBackend(Card card, BackendSettings settings, CudaDebugging debugging) {
        this(card, settings, debugging, false);
    }

    /**
     * @param plainAttention whether only the plain kernels compute attention; the other kernels are checked against
     *     them
     */
    CudaBackend(Card card, BackendSettings settings, CudaDebugging debugging, boolean plainAttention) {
        engine = new CudaEngine(card, settings, debugging);
        host = new Parallel(settings.threads());
        memory = new CudaMemory(engine);
        elementwise = new CudaElementwise(engine);
        reduction = new CudaReduction(engine);
        layout = new CudaLayout(engine);
        matrix = new CudaMatrix(engine);
        normalization = new CudaNormalization(engine, elementwise);
        loss = new CudaLoss(engine);
        random = new CudaRandom(engine);
        attention = new CudaAttention(engine, plainAttention);
        convolution = new CudaConvolution(engine, matrix);
    }

    /** The stream that all work is submitted to. */
    Stream stream() {
        return engine.stream;
    }

    @Override
    public Device device() {
        return new Device("cuda", engine.card().ordinal());
    }

    @Override
    public String description() {
        return device() + " (" + engine.card() + ", precisions " + String.join(" ", Precision.of(engine.card())) + ", "
                + engine.precision() + ", convolutions by " + engine.convolutions() + ")";
    }

    @Override
    public void onHost(int tasks, IntConsumer body) {
        try {
            host.forEach(tasks, body);
        } catch (OutOfMemoryError e) {
            throw ResourceException.outOfMemory("work on the host failed", e);
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
    public synchronized void trim() {
        if (!closed) {
            memory.trim();
        }
    }

    @Override
    public void upload(float[] src, int srcOffset, View dst) {
        memory.upload(src, srcOffset, dst);
    }

    @Override
    public void download(View src, float[] dst, int dstOffset) {
        memory.download(src, dst, dstOffset);
    }

    @Override
    public void copy(View src, View dst) {
        memory.copy(src, dst);
    }

    @Override
    public void fill(View dst, float value) {
        memory.fill(dst, value);
    }

    @Override
    public void synchronize() {
        engine.stream.synchronize();
    }

    @Override
    public void unary(UnaryOp op, View x, View y) {
        elementwise.unary(op, x, y);
    }

    @Override
    public void unaryBackward(UnaryOp op, View x, View y, View dy, View dx, boolean accumulate) {
        elementwise.unaryBackward(op, x, y, dy, dx, accumulate);
    }

    @Override
    public void binary(BinaryOp op, View a, View b, View out, boolean accumulate) {
        elementwise.binary(op, a, b, out, accumulate);
    }

    @Override
    public void affine(View x, float scale, float shift, View y, boolean accumulate) {
        elementwise.affine(x, scale, shift, y, accumulate);
    }

    @Override
    public void sumTo(View x, View y, boolean accumulate) {
        reduction.sumTo(x, y, accumulate);
    }

    @Override
    public void weightedSum(List<View> xs, float[] weights, View y) {
        elementwise.weightedSum(xs, weights, y);
    }

    @Override
    public void max(View x, int axis, View y) {
        reduction.max(x, axis, y);
    }

    @Override
    public void maxBackward(View x, View y, View dy, int axis, View dx, boolean accumulate) {
        reduction.maxBackward(x, y, dy, axis, dx, accumulate);
    }

    @Override
    public void softmax(View x, View y) {
        reduction.softmax(x, y);
    }

    @Override
    public void softmaxBackward(View y, View dy, View dx, boolean accumulate) {
        reduction.softmaxBackward(y, dy, dx, accumulate);
    }

    @Override
    public void permute(View x, int[] axes, View y) {
        layout.permute(x, axes, y);
    }

    @Override
    public void slice(View x, int axis, int start, View y, boolean accumulate) {
        layout.slice(x, axis, start, y, accumulate);
    }

    @Override
    public void place(View x, int axis, int start, View y, boolean accumulate) {
        layout.place(x, axis, start, y, accumulate);
    }

    @Override
    public void matmul(View a, boolean transA, View b, boolean transB, float alpha, View c, boolean accumulate) {
        matrix.matmul(a, transA, b, transB, alpha, c, accumulate);
    }

    @Override
    public void linear(View x, View w, @Nullable View bias, Activation activation, @Nullable View pre, View y) {
        matrix.linear(x, w, bias, activation, pre, y);
    }

    @Override
    public void layerNorm(View x, View gamma, View beta, float eps, View y, View mean, View rstd) {
        normalization.forward(x, gamma, beta, eps, y, mean, rstd);
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
        normalization.forwardOfSum(xs, weights, gamma, beta, eps, sum, y, mean, rstd);
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
        normalization.backwardOfSum(sum, weights, gamma, mean, rstd, dy, dxs, accumulate, dgamma, dbeta);
    }

    @Override
    public void attention(View q, View k, View v, AttentionPattern pattern, View out, View lse) {
        attention.forward(q, k, v, pattern, out, lse);
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
        attention.backward(q, k, v, out, lse, dout, pattern, dq, dk, dv);
    }

    @Override
    public void reconstructionLoss(View reconstruction, View target, View result) {
        loss.forward(reconstruction, target, result);
    }

    @Override
    public void reconstructionLossBackward(
            View reconstruction, View target, View dloss, View dreconstruction, boolean accumulate) {
        loss.backward(reconstruction, target, dloss, dreconstruction, accumulate);
    }

    @Override
    public void tokenScores(View reconstruction, View target, View scores) {
        loss.tokenScores(reconstruction, target, scores);
    }

    @Override
    public void conv2d(View x, View w, @Nullable View bias, ConvGeometry geometry, Activation activation, View y) {
        convolution.forward(x, w, bias, geometry, activation, y);
    }

    @Override
    public void conv2dBackwardInput(View dy, View w, ConvGeometry geometry, View dx, boolean accumulate) {
        convolution.backwardInput(dy, w, geometry, dx, accumulate);
    }

    @Override
    public void conv2dBackwardWeights(View x, View dy, ConvGeometry geometry, View dw, boolean accumulate) {
        convolution.backwardWeights(x, dy, geometry, dw, accumulate);
    }

    @Override
    public void averagePool(View x, int kernel, View y, boolean accumulate) {
        convolution.averagePool(x, kernel, y, accumulate);
    }

    @Override
    public void maxPool(View x, ConvGeometry geometry, View y) {
        convolution.maxPool(x, geometry, y);
    }

    @Override
    public void adam(View p, View g, View m, View v, AdamSettings settings, long step) {
        elementwise.adam(p, g, m, v, settings, step);
    }

    @Override
    public void normal(View y, long seed, long stream) {
        random.normal(y, seed, stream);
    }

    @Override
    public void featureJitter(View x, float scale, @Nullable View tokenScale, long seed, long stream, View y) {
        random.featureJitter(x, scale, tokenScale, seed, stream, y);
    }

    /**
     * Captures the body as a graph. Empty in debug mode, which waits for every kernel, and, with a log line, if the
     * body needs the host.
     */
    @Override
    public Optional<Capture> capture(long step, int streamsPerStep, Runnable body) {
        if (engine.stream.debug()) {
            return Optional.empty();
        }
        try {
            return Optional.of(CudaCapture.of(engine, step, streamsPerStep, body));
        } catch (NotCapturableException e) {
            LOG.log(System.Logger.Level.INFO, "no graph, kernels are submitted one by one: " + e.getMessage());
            return Optional.empty();
        }
    }

    /** Waits for the card and frees everything, including the memory of open storages; a second call does nothing. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            host.close();
            engine.close();
        }
    }
}
