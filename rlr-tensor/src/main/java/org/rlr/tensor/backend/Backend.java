package org.rlr.tensor.backend;

import java.util.List;
import java.util.Optional;
import org.rlr.tensor.Device;

/**
 * The primitives a device offers. Callers (the autograd functions) have checked shapes and allocated the results; results
 * hold garbage before the call and never overlap an argument unless a method allows it. Where a method takes
 * {@code accumulate}, it adds to the result instead of overwriting it. Convolutions and pools are channels-last.
 *
 * <p>All methods may be called from several threads at once, on different results.
 */
public interface Backend extends AutoCloseable {

    // ---- memory ----

    /** Where this backend computes. */
    Device device();

    /** One line for a user: name, kernels or card, threads or memory. */
    String description();

    /** Memory for {@code elements} values, contents undefined. @throws org.rlr.tensor.RlrException if there is not enough */
    Storage allocate(int elements);

    /** Bytes held by storages not released. */
    long liveBytes();

    /** The largest value {@link #liveBytes()} has had. */
    long peakBytes();

    /** Copies {@code dst.elements()} values from the host. */
    void upload(float[] src, int srcOffset, View dst);

    /** Copies {@code src.elements()} values to the host, after everything before has been computed. */
    void download(View src, float[] dst, int dstOffset);

    /** {@code dst = src}; as many elements, any shapes. */
    void copy(View src, View dst);

    /** {@code dst = value}. */
    void fill(View dst, float value);

    /** Waits until everything submitted has been computed. */
    void synchronize();

    // ---- elementwise, reductions, layout ----

    /** {@code y = op(x)}; y may be x. */
    void unary(UnaryOp op, View x, View y);

    /** {@code dx (+)= dy·op'(x)}, where {@code y = op(x)}; dx may be dy where it does not accumulate. */
    void unaryBackward(UnaryOp op, View x, View y, View dy, View dx, boolean accumulate);

    /** {@code out (+)= op(a, b)}, a and b broadcast to the shape of out (aligned at the last axis); out may be a or b of its shape. */
    void binary(BinaryOp op, View a, View b, View out, boolean accumulate);

    /** {@code y (+)= scale·x + shift}; y may be x where it does not accumulate. */
    void affine(View x, float scale, float shift, View y, boolean accumulate);

    /** {@code y (+)= Σ x} over every axis that broadcasting y to the shape of x would repeat (the reverse of broadcasting). */
    void sumTo(View x, View y, boolean accumulate);

    /** {@code y = Σᵢ wᵢ·xᵢ}, all of one shape. */
    void weightedSum(List<View> xs, float[] weights, View y);

    /** {@code y = max x} along an axis; y has the shape of x with that extent 1. */
    void max(View x, int axis, View y);

    /** {@code dx (+)= dy} at the first place of the maximum along the axis, 0 elsewhere. */
    void maxBackward(View x, View y, View dy, int axis, View dx, boolean accumulate);

    /** Softmax along the last axis; y may be x. */
    void softmax(View x, View y);

    /** {@code dx (+)= y·(dy − Σ y·dy)} along the last axis. */
    void softmaxBackward(View y, View dy, View dx, boolean accumulate);

    /** {@code y[i₀…] = x[permuted]}: axis {@code a} of y is axis {@code axes[a]} of x. */
    void permute(View x, int[] axes, View y);

    /** {@code y (+)= x[…, start : start+length, …]} along an axis, length being y's extent there. */
    void slice(View x, int axis, int start, View y, boolean accumulate);

    /** {@code y[…, start : start+length, …] (+)= x} along an axis, length being x's extent there; the rest of y stays. */
    void place(View x, int axis, int start, View y, boolean accumulate);

    // ---- matrices ----

    /**
     * {@code c (+)= alpha·op(a)·op(b)} over the last two axes, op transposing where asked. Leading axes are batches: equal in a, b
     * and c; or b has two axes only and is shared by all batches of a; or c has two axes only, and the products of all
     * batches are summed into it (which needs {@code transA}, or no batch).
     */
    void matmul(View a, boolean transA, View b, boolean transB, float alpha, View c, boolean accumulate);

    /**
     * {@code y = activation(x·wᵀ + bias)} over the last axis; x {@code [..., in]}, w {@code [out, in]}, bias {@code [out]} or null,
     * y {@code [..., out]}. Where {@code pre} (shape of y) is not null it receives the value before the activation.
     */
    void linear(View x, View w, View bias, Activation activation, View pre, View y);

    /**
     * A copy of weights that never change, for inference: it may lie in whatever order suits {@link #linear}, or {@link #conv2d} without groups. Of the result, views of one part can be
     * the {@code w} of such a call, and whole parts can be read by {@link #download}; nothing else.
     *
     * @param w     {@code [parts·out, in]} or {@code [parts·out, k, k, C]}
     * @param parts how many layers' weights are stacked in w
     * @return a storage of as many elements as w; the caller releases it
     */
    default Storage packWeights(View w, int parts) {
        Storage copy = allocate(w.elements());
        copy(w, new View(copy, 0, w.shape()));
        return copy;
    }

    // ---- normalisation, attention, loss ----

    /**
     * {@code y = (x−mean)·rstd·gamma + beta} over the last axis, biased variance, {@code rstd = 1/√(var+eps)};
     * mean and rstd have one value per row. y may be x.
     */
    void layerNorm(View x, View gamma, View beta, float eps, View y, View mean, View rstd);

    /** Gradients of {@link #layerNorm}: {@code dx (+)=}, and {@code dgamma +=}, {@code dbeta +=} always. */
    default void layerNormBackward(View x, View gamma, View mean, View rstd, View dy, View dx, boolean accumulate, View dgamma, View dbeta) {
        layerNormOfSumBackward(x, new float[] {1}, gamma, mean, rstd, dy, List.of(dx), new boolean[] {accumulate}, dgamma, dbeta);
    }

    /**
     * {@link #layerNorm} of {@code Σᵢ wᵢ·xᵢ}, at least one, all of y's shape; y is none of them.
     *
     * @param sum receives the sum, which the gradient needs; null where it is not wanted
     */
    void layerNormOfSum(List<View> xs, float[] weights, View gamma, View beta, float eps, View sum, View y, View mean, View rstd);

    /**
     * Gradients of {@link #layerNormOfSum}: {@code dxᵢ (+)= wᵢ·∂sum}, and {@code dgamma +=}, {@code dbeta +=} always.
     *
     * @param dxs        null in place of one that is not wanted; where two are the same view, the later one accumulates
     * @param accumulate for each of dxs whether to add to it
     */
    void layerNormOfSumBackward(View sum, float[] weights, View gamma, View mean, View rstd, View dy, List<View> dxs, boolean[] accumulate, View dgamma,
            View dbeta);

    /**
     * Multi-head attention, {@code softmax(q·kᵀ/√(d/heads))·v} per head over the keys that the pattern allows.
     * q and out {@code [N, L, d]}; k, v {@code [N or 1, M, d]} each, batch 1 being shared by all images; head h occupies channels
     * {@code h·d/heads …}; lse {@code [N, heads, L]} receives the log-sum-exp of the scaled logits (−∞ where a query may
     * attend to nothing; its output is 0). A token that is not finite (NaN or infinite) reaches those that attend to it and no others, here
     * and in the gradients. Never materialises an {@code L×M} matrix.
     */
    void attention(View q, View k, View v, AttentionPattern pattern, View out, View lse);

    /**
     * Gradients of {@link #attention}, overwritten: dq of q's shape, dk and dv of k's and v's (summed over the images where
     * their batch is 1). A query that may attend to nothing gives none. Deterministic: no atomics, a fixed order of sums.
     */
    void attentionBackward(View q, View k, View v, View out, View lse, View dout, AttentionPattern pattern, View dq, View dk, View dv);

    /**
     * {@code loss = mean((x̂−x)²) + mean over tokens (1 − cos(x̂, x))}, cosine over the last axis with
     * {@code max(‖x̂‖·‖x‖, 1e-8)} below; loss is a scalar. Sums in double.
     */
    void reconstructionLoss(View reconstruction, View target, View loss);

    /** {@code dx̂ (+)= dloss·∂loss/∂x̂}; dloss a scalar. */
    void reconstructionLossBackward(View reconstruction, View target, View dloss, View dreconstruction, boolean accumulate);

    /** Per token {@code mean_c (x−x̂)² + 1 − cos(x, x̂)}; scores has one value per row. */
    void tokenScores(View reconstruction, View target, View scores);

    // ---- convolution, pooling (channels last) ----

    /**
     * {@code y = activation(conv(x, w) + bias)}: x {@code [N, H, W, C]}, w {@code [O, k, k, C/groups]}, bias {@code [O]} or null,
     * y {@code [N, out(H), out(W), O]}; cross-correlation as usual.
     */
    void conv2d(View x, View w, View bias, ConvGeometry geometry, Activation activation, View y);

    /** {@code dx (+)=} gradient of {@link #conv2d} (without activation) with respect to its input. */
    void conv2dBackwardInput(View dy, View w, ConvGeometry geometry, View dx, boolean accumulate);

    /** {@code dw (+)=} gradient of {@link #conv2d} (without activation) with respect to its weights. */
    void conv2dBackwardWeights(View x, View dy, ConvGeometry geometry, View dw, boolean accumulate);

    /** Average over {@code side×side} positions, stride 1, zero padding {@code side/2} counted in the average; side odd. Its own adjoint. */
    void averagePool(View x, int side, View y, boolean accumulate);

    /** Maximum over {@code kernel×kernel} positions; the padding never wins. Geometry's groups are of no meaning. */
    void maxPool(View x, ConvGeometry geometry, View y);

    // ---- optimiser, random numbers ----

    /** One step of Adam, the {@code step}-th counted from 1, on p with gradient g and moments m, v. */
    void adam(View p, View g, View m, View v, AdamSettings settings, long step);

    /** {@code y[i] =} the i-th normal number N(0,1) of the counter-based stream {@code (seed, stream)}; see {@link Philox}. */
    void normal(View y, long seed, long stream);

    /**
     * Feature jitter (RLR §3): {@code y = x + ε·scale·s_token·‖x_token‖₂/C}, ε as {@link #normal} gives it, C the last extent; s_token is
     * {@code tokenScale} (one value per row) or 1 where that is null. y may be x.
     */
    void featureJitter(View x, float scale, View tokenScale, long seed, long stream, View y);

    // ---- the same work many times ----

    /**
     * Records the primitives that the body submits, without running them. The body allocates, computes and releases: what it allocates it releases, storages that come from
     * before or hold results must live as long as the recording, and it neither copies from or to the host nor waits. Every primitive in it must have run before, on the same
     * shapes; meanwhile no other thread uses the backend.
     *
     * @param step           the number of the step that is recorded, see {@link Recording#run}
     * @param streamsPerStep by how much the streams of random numbers move on from one step to the next
     * @return empty, and nothing was submitted, where the backend does not record or cannot record this
     */
    default Optional<Recording> record(long step, int streamsPerStep, Runnable body) {
        return Optional.empty();
    }

    /** Gives back what the backend holds; storages must not be used any more. */
    @Override
    void close();
}
