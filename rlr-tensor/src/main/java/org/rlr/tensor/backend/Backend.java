package org.rlr.tensor.backend;

import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Device;

/**
 * The primitives of a device. Callers (the autograd functions) check shapes and allocate the results. Results are
 * uninitialised before the call and never overlap an argument unless a method allows it. If {@code accumulate} is true,
 * a method adds to the result instead of overwriting it. Convolution and pooling are channels-last.
 *
 * <p>Several threads may call all methods at once, on different results. The same call gives bit-identical results with
 * any number of threads.
 */
public interface Backend extends AutoCloseable {

    /**
     * Runs host work that no primitive covers, such as feature extraction: {@code body} for 0 … tasks−1 on
     * {@link BackendSettings#threads()} threads. Returns when all tasks are done. Any thread may run any task, so tasks
     * must write to separate places.
     *
     * @param tasks number of tasks
     * @param body runs a task; the first exception is rethrown here
     */
    void onHost(int tasks, IntConsumer body);

    // ---- memory ----

    /** {@return the device that this backend computes on} */
    Device device();

    /** {@return one line for the user: name, kernels or GPU, threads or memory} */
    String description();

    /**
     * Allocates memory for {@code elements} values; the contents are undefined.
     *
     * @param elements at least 0
     * @return a storage with one reference; the caller releases it
     * @throws org.rlr.tensor.ResourceException if there is not enough memory
     */
    Storage allocate(int elements);

    /** {@return the bytes that this backend currently uses and holds} */
    MemoryUse memory();

    /**
     * Releases all memory cached for reuse. Tensors and calls in progress are not affected; later calls allocate again.
     */
    void trim();

    /**
     * Copies {@code dst.elements()} values from the host.
     *
     * @param src host array
     * @param srcOffset index of the first value in {@code src}
     * @param dst target
     */
    void upload(float[] src, int srcOffset, View dst);

    /**
     * Copies {@code src.elements()} values to the host, after all earlier work is computed.
     *
     * @param src source
     * @param dst host array
     * @param dstOffset index of the first value in {@code dst}
     */
    void download(View src, float[] dst, int dstOffset);

    /**
     * {@code dst = src}; equal numbers of elements, any shapes.
     *
     * @param src source
     * @param dst target, must not overlap the source
     */
    void copy(View src, View dst);

    /**
     * {@code dst = value}.
     *
     * @param dst target
     * @param value value of every element
     */
    void fill(View dst, float value);

    /** Waits until all submitted work is computed. */
    void synchronize();

    // ---- elementwise, reductions, layout ----

    /**
     * {@code y = op(x)}; y may be x.
     *
     * @param op the function
     * @param x argument
     * @param y result, of x's shape
     */
    void unary(UnaryOp op, View x, View y);

    /**
     * {@code dx (+)= dy·op'(x)}, where {@code y = op(x)}; dx may be dy if it does not accumulate.
     *
     * @param op the function
     * @param x its argument
     * @param y its result
     * @param dy gradient of the result
     * @param dx gradient of the argument; all of one shape
     * @param accumulate whether to add to dx
     */
    void unaryBackward(UnaryOp op, View x, View y, View dy, View dx, boolean accumulate);

    /**
     * {@code out (+)= op(a, b)}, a and b broadcast to the shape of out (aligned at the last axis); out may be a or b if
     * they have its shape.
     *
     * @param op the function
     * @param a first operand
     * @param b second operand
     * @param out result, of the broadcast shape
     * @param accumulate whether to add to out
     */
    void binary(BinaryOp op, View a, View b, View out, boolean accumulate);

    /**
     * {@code y (+)= scale·x + shift}; y may be x if it does not accumulate.
     *
     * @param x argument
     * @param scale factor
     * @param shift summand
     * @param y result, of x's shape
     * @param accumulate whether to add to y
     */
    void affine(View x, float scale, float shift, View y, boolean accumulate);

    /**
     * {@code y (+)= Σ x} over every axis that broadcasting y to the shape of x would repeat (the reverse of
     * broadcasting).
     *
     * @param x the summands
     * @param y result, whose shape broadcasts to x's
     * @param accumulate whether to add to y
     */
    void sumTo(View x, View y, boolean accumulate);

    /**
     * {@code y = Σᵢ wᵢ·xᵢ}, all of the same shape.
     *
     * @param xs at least one
     * @param weights one for each
     * @param y result
     */
    void weightedSum(List<View> xs, float[] weights, View y);

    /**
     * {@code y = max x} along an axis; y has the shape of x, with extent 1 along the axis.
     *
     * @param x argument
     * @param axis from 0
     * @param y result
     */
    void max(View x, int axis, View y);

    /**
     * {@code dx (+)= dy} at the first maximum along the axis, 0 elsewhere.
     *
     * @param x argument of {@link #max}
     * @param y its result
     * @param dy gradient of the result
     * @param axis from 0
     * @param dx gradient of the argument
     * @param accumulate whether to add to dx
     */
    void maxBackward(View x, View y, View dy, int axis, View dx, boolean accumulate);

    /**
     * Softmax along the last axis; y may be x.
     *
     * @param x argument
     * @param y result, of x's shape
     */
    void softmax(View x, View y);

    /**
     * {@code dx (+)= y·(dy − Σ y·dy)} along the last axis.
     *
     * @param y result of {@link #softmax}
     * @param dy gradient of the result
     * @param dx gradient of the argument; all of one shape
     * @param accumulate whether to add to dx
     */
    void softmaxBackward(View y, View dy, View dx, boolean accumulate);

    /**
     * {@code y[i₀…] = x[permuted]}: axis {@code a} of y is axis {@code axes[a]} of x.
     *
     * @param x argument
     * @param axes every axis of x once, from 0
     * @param y result
     */
    void permute(View x, int[] axes, View y);

    /**
     * {@code y (+)= x[…, start : start+length, …]} along an axis, where length is y's extent along it.
     *
     * @param x source
     * @param axis from 0
     * @param start first position
     * @param y result
     * @param accumulate whether to add to y
     */
    void slice(View x, int axis, int start, View y, boolean accumulate);

    /**
     * {@code y[…, start : start+length, …] (+)= x} along an axis, where length is x's extent along it; the rest of y
     * stays unchanged.
     *
     * @param x source
     * @param axis from 0
     * @param start first position in y
     * @param y result
     * @param accumulate whether to add to y
     */
    void place(View x, int axis, int start, View y, boolean accumulate);

    // ---- matrices ----

    /**
     * {@code c (+)= alpha·op(a)·op(b)} over the last two axes with optional transposes. Leading axes are batches: equal
     * in a, b and c; or b has only two axes and is shared by all batches of a; or c has only two axes and the products
     * of all batches are summed into it (only with {@code transA} or without batches).
     *
     * @param a {@code [..., m, k]}, or {@code [..., k, m]} if transposed
     * @param transA whether a is transposed
     * @param b {@code [..., k, n]}, or {@code [..., n, k]} if transposed
     * @param transB whether b is transposed
     * @param alpha factor
     * @param c {@code [..., m, n]}
     * @param accumulate whether to add to c
     */
    void matmul(View a, boolean transA, View b, boolean transB, float alpha, View c, boolean accumulate);

    /**
     * {@code y = activation(x·wᵀ + bias)} over the last axis; x {@code [..., in]}, w {@code [out, in]}, bias
     * {@code [out]}, y and pre {@code [..., out]}.
     *
     * @param x input
     * @param w weights, perhaps of {@link #packWeights}
     * @param bias one value per output, or null
     * @param activation applied last
     * @param pre receives the value before the activation, or null
     * @param y result
     */
    void linear(View x, View w, @Nullable View bias, Activation activation, @Nullable View pre, View y);

    /**
     * Copies constant weights for inference, in an order that suits {@link #linear} or {@link #conv2d} without groups.
     * The result allows two uses only: a view of one part as the {@code w} of such a call, and {@link #download} of
     * whole parts.
     *
     * @param w {@code [parts·out, in]} or {@code [parts·out, k, k, C]}
     * @param parts number of layers whose weights are stacked in w
     * @return a storage with the same number of elements as w; the caller releases it
     */
    default Storage packWeights(View w, int parts) {
        Storage copy = allocate(w.elements());
        try {
            copy(w, new View(copy, 0, w.shape()));
            return copy;
        } catch (RuntimeException | Error e) {
            copy.release();
            throw e;
        }
    }

    // ---- normalisation, attention, loss ----

    /**
     * {@code y = (x−mean)·rstd·gamma + beta} over the last axis, biased variance, {@code rstd = 1/√(var+eps)}; mean and
     * rstd have one value per row. y may be x.
     *
     * @param x {@code [..., n]}
     * @param gamma {@code [n]}
     * @param beta {@code [n]}
     * @param eps added to the variance
     * @param y result, of x's shape
     * @param mean receives the means
     * @param rstd receives {@code 1/√(var+eps)}
     */
    void layerNorm(View x, View gamma, View beta, float eps, View y, View mean, View rstd);

    /**
     * Gradients of {@link #layerNorm}: {@code dx (+)=}, and {@code dgamma +=}, {@code dbeta +=} always.
     *
     * @param x the input of {@link #layerNorm}
     * @param gamma {@code [n]}
     * @param mean of the forward pass
     * @param rstd of the forward pass
     * @param dy gradient of the result
     * @param dx gradient of x
     * @param accumulate whether to add to dx
     * @param dgamma {@code [n]}, added to
     * @param dbeta {@code [n]}, added to
     */
    default void layerNormBackward(
            View x, View gamma, View mean, View rstd, View dy, View dx, boolean accumulate, View dgamma, View dbeta) {
        layerNormOfSumBackward(
                x, new float[] {1}, gamma, mean, rstd, dy, List.of(dx), new boolean[] {accumulate}, dgamma, dbeta);
    }

    /**
     * {@link #layerNorm} of {@code Σᵢ wᵢ·xᵢ}: at least one term, all of y's shape; y is not a term.
     *
     * @param xs terms, {@code [..., n]}
     * @param weights one for each
     * @param gamma {@code [n]}
     * @param beta {@code [n]}
     * @param eps added to the variance
     * @param sum receives the sum for the gradient, or null
     * @param y result
     * @param mean receives the means, one per row
     * @param rstd receives {@code 1/√(var+eps)}, one per row
     */
    void layerNormOfSum(
            List<View> xs,
            float[] weights,
            View gamma,
            View beta,
            float eps,
            @Nullable View sum,
            View y,
            View mean,
            View rstd);

    /**
     * Gradients of {@link #layerNormOfSum}: {@code dxᵢ (+)= wᵢ·∂sum}, and {@code dgamma +=}, {@code dbeta +=} always.
     *
     * @param sum of the forward pass
     * @param weights of the forward pass
     * @param gamma {@code [n]}
     * @param mean of the forward pass
     * @param rstd of the forward pass
     * @param dy gradient of the result
     * @param dxs one per term, null if not needed; if two are the same view, the later one accumulates
     * @param accumulate per element of dxs, whether to add to it
     * @param dgamma {@code [n]}, added to
     * @param dbeta {@code [n]}, added to
     */
    void layerNormOfSumBackward(
            View sum,
            float[] weights,
            View gamma,
            View mean,
            View rstd,
            View dy,
            List<@Nullable View> dxs,
            boolean[] accumulate,
            View dgamma,
            View dbeta);

    /**
     * Multi-head attention, {@code softmax(q·kᵀ/√(d/heads))·v} per head over the keys that the pattern allows. q and
     * out {@code [N, L, d]}; k, v {@code [N or 1, M, d]} each, batch 1 is shared by all images; head h uses channels
     * {@code h·d/heads …}; lse {@code [N, heads, L]} receives the log-sum-exp of the scaled logits (−∞ for a query
     * without keys; its output is 0). A NaN or infinite token affects only the queries that attend to it, here and in
     * the gradients. Never materialises an {@code L×M} matrix.
     *
     * @param q queries
     * @param k keys
     * @param v values
     * @param pattern heads, grid, window and locality
     * @param out result
     * @param lse receives the log-sum-exp
     */
    void attention(View q, View k, View v, AttentionPattern pattern, View out, View lse);

    /**
     * Gradients of {@link #attention}, overwritten: dq of q's shape, dk and dv of k's and v's (summed over the images
     * if their batch is 1). A query without keys contributes none. Deterministic: no atomics, a fixed order of sums.
     *
     * @param q queries
     * @param k keys
     * @param v values
     * @param out result of the forward pass
     * @param lse log-sum-exp of the forward pass
     * @param dout gradient of the result
     * @param pattern of the forward pass
     * @param dq gradient of q
     * @param dk gradient of k
     * @param dv gradient of v
     */
    void attentionBackward(
            View q, View k, View v, View out, View lse, View dout, AttentionPattern pattern, View dq, View dk, View dv);

    /**
     * {@code loss = mean((x̂−x)²) + mean over tokens (1 − cos(x̂, x))}, cosine over the last axis with denominator
     * {@code max(‖x̂‖·‖x‖, 1e-8)}; loss is a scalar. Sums in double.
     *
     * @param reconstruction x̂, {@code [..., C]}
     * @param target x, of the same shape
     * @param loss result
     */
    void reconstructionLoss(View reconstruction, View target, View loss);

    /**
     * {@code dx̂ (+)= dloss·∂loss/∂x̂}; dloss is a scalar.
     *
     * @param reconstruction x̂, {@code [..., C]}
     * @param target x, of the same shape
     * @param dloss gradient of the loss
     * @param dreconstruction gradient of x̂
     * @param accumulate whether to add to it
     */
    void reconstructionLossBackward(
            View reconstruction, View target, View dloss, View dreconstruction, boolean accumulate);

    /**
     * Per token {@code mean_c (x−x̂)² + 1 − cos(x, x̂)}; scores has one value per row.
     *
     * @param reconstruction x̂, {@code [..., C]}
     * @param target x, of the same shape
     * @param scores result
     */
    void tokenScores(View reconstruction, View target, View scores);

    // ---- convolution, pooling (channels-last) ----

    /**
     * {@code y = activation(conv(x, w) + bias)}: x {@code [N, H, W, C]}, w {@code [O, k, k, C/groups]}, bias
     * {@code [O]}, y {@code [N, out(H), out(W), O]}; computed as cross-correlation.
     *
     * @param x input
     * @param w weights, perhaps of {@link #packWeights}
     * @param bias one value per output channel, or null
     * @param geometry kernel, stride, padding, groups
     * @param activation applied last
     * @param y result
     */
    void conv2d(View x, View w, @Nullable View bias, ConvGeometry geometry, Activation activation, View y);

    /**
     * {@code dx (+)=} gradient of {@link #conv2d} (without activation) with respect to its input.
     *
     * @param dy gradient of the result
     * @param w weights, not packed
     * @param geometry of the forward pass
     * @param dx gradient of the input
     * @param accumulate whether to add to dx
     */
    void conv2dBackwardInput(View dy, View w, ConvGeometry geometry, View dx, boolean accumulate);

    /**
     * {@code dw (+)=} gradient of {@link #conv2d} (without activation) with respect to its weights.
     *
     * @param x input
     * @param dy gradient of the result
     * @param geometry of the forward pass
     * @param dw gradient of the weights
     * @param accumulate whether to add to dw
     */
    void conv2dBackwardWeights(View x, View dy, ConvGeometry geometry, View dw, boolean accumulate);

    /**
     * Average over {@code kernel×kernel} positions, stride 1, zero padding {@code kernel/2} included in the average;
     * kernel odd. The operation is its own adjoint.
     *
     * @param x {@code [N, H, W, C]}
     * @param kernel odd
     * @param y result, of x's shape
     * @param accumulate whether to add to y
     */
    void averagePool(View x, int kernel, View y, boolean accumulate);

    /**
     * Maximum over {@code kernel×kernel} positions; the padding is never the maximum. The geometry's groups are
     * ignored.
     *
     * @param x {@code [N, H, W, C]}
     * @param geometry kernel, stride, padding
     * @param y {@code [N, out(H), out(W), C]}
     */
    void maxPool(View x, ConvGeometry geometry, View y);

    // ---- optimiser, random numbers ----

    /**
     * Runs Adam's step number {@code step} (from 1) on p with gradient g and moments m, v.
     *
     * @param p parameters
     * @param g gradient
     * @param m first moments
     * @param v second moments, all of one shape; p, m and v are changed
     * @param settings learning rate, decay rates and epsilon
     * @param step number of the step, from 1
     */
    void adam(View p, View g, View m, View v, AdamSettings settings, long step);

    /**
     * {@code y[i] =} the i-th normal number, N(0,1), of the counter-based stream {@code (seed, stream)}; see
     * {@link Philox}.
     *
     * @param y result
     * @param seed the model's seed
     * @param stream number of the stream
     */
    void normal(View y, long seed, long stream);

    /**
     * Feature jitter (RLR §3): {@code y = x + ε·scale·s_token·‖x_token‖₂/C}, with ε from {@link #normal} and C the last
     * extent; s_token is {@code tokenScale} (one value per row), or 1 if null. y may be x.
     *
     * @param x tokens, {@code [..., C]}
     * @param scale strength of the jitter
     * @param tokenScale one value per row, or null
     * @param seed seed of the random numbers
     * @param stream number of the stream
     * @param y result, of x's shape
     */
    void featureJitter(View x, float scale, @Nullable View tokenScale, long seed, long stream, View y);

    // ---- repeated work ----

    /**
     * Captures the primitives that the body submits, without running them. The body must release all storages that it
     * allocates. Storages allocated earlier, including those of results, must outlive the capture. The body must not
     * copy from or to the host or wait. Every primitive in it must have run before on the same shapes. No other thread
     * may use the backend during the capture.
     *
     * @param step the number of the captured step, see {@link Capture#run}
     * @param streamsPerStep increment of the random stream numbers from one step to the next
     * @param body submits the primitives
     * @return the capture; empty, with nothing submitted, if the backend cannot capture the body
     */
    default Optional<Capture> capture(long step, int streamsPerStep, Runnable body) {
        return Optional.empty();
    }

    /** Releases the backend's memory; do not use its storages afterwards. */
    @Override
    void close();
}
