package org.rlr.model.attention;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.View;

/**
 * The embedded reference {@code E_R [1, r·L, d]} (RLR §5) for the attention blocks. It is the same for every image, so
 * tensors that a block derives from it (keys, values) are computed only once per training step, or once per model in
 * inference: get them through {@link #cached}.
 */
public final class Reference implements AutoCloseable {
    private final Tensor embedded;
    private final int length;
    private final boolean frozen;
    private final Map<List<Object>, Tensor> derived = new HashMap<>();

    /**
     * Creates a reference; models create their own, so only tests of a block need this.
     *
     * @param embedded {@code [1, r·L, d]}
     * @param length r
     * @param frozen whether this reference outlives the scope of a call, as in inference; it then takes ownership of
     *     the tensor, which must not belong to a scope
     */
    public Reference(Tensor embedded, int length, boolean frozen) {
        this.embedded = embedded;
        this.length = length;
        this.frozen = frozen;
    }

    /** The reference of a block that needs one. @throws IllegalArgumentException if it is null */
    static Reference required(@Nullable Reference given) {
        if (given == null) {
            throw new IllegalArgumentException("a block that attends to the reference got null for it");
        }
        return given;
    }

    /** {@return all {@code r·L} tokens, {@code [1, r·L, d]}} */
    public Tensor all() {
        return embedded;
    }

    /** {@return r, the number of chunks} */
    public int length() {
        return length;
    }

    /**
     * Returns chunk {@code i} of the reference, {@code [1, L, d]}.
     *
     * @param i index, from 0, below {@link #length}
     * @return {@code [1, L, d]}, in the innermost scope
     */
    public Tensor chunk(int i) {
        int tokens = embedded.dim(1) / length;
        Tensor flat = embedded.reshape(embedded.dim(1), embedded.dim(2));
        return Functions.narrow(flat, i * tokens, tokens).reshape(1, tokens, embedded.dim(2));
    }

    /**
     * Returns a tensor that a block derives from the reference alone. It is computed at the first request and kept as
     * long as the reference: for a training step, or for the life of a model in inference.
     *
     * @param block the requesting block: pass {@code this} of the {@link org.rlr.model.attention.AttentionBlock}; with
     *     an object that several layers share, such as the provider, all layers would get the tensors of the first
     * @param name the block's own name for the tensor; a block may derive several
     * @param computation computes the tensor; runs once
     * @return the tensor, owned by the reference; do not close it
     */
    public Tensor cached(Object block, String name, Supplier<Tensor> computation) {
        synchronized (derived) {
            return derived.computeIfAbsent(
                    List.of(block, name),
                    key -> frozen ? unscoped(embedded.backend(), computation) : computation.get());
        }
    }

    /**
     * Runs a computation whose result outlives all scopes.
     *
     * @param backend where it runs
     * @param computation computes the tensor, in its own scope
     * @return a copy of its result that belongs to no scope; the caller closes it
     */
    @SuppressWarnings("try") // the scope only has to be open
    public static Tensor unscoped(Backend backend, Supplier<Tensor> computation) {
        try (TensorScope scope = TensorScope.inference(backend)) {
            Tensor result = computation.get();
            Tensor copy = Tensor.wrapUnscoped(backend, View.allocate(backend, result.shape()));
            try {
                backend.copy(result.view(), copy.view());
                return copy;
            } catch (RuntimeException | Error e) {
                copy.close();
                throw e;
            }
        }
    }

    /** Releases the kept tensors if this reference outlives scopes. */
    @Override
    public void close() {
        if (frozen) {
            synchronized (derived) {
                derived.values().forEach(Tensor::close);
                derived.clear();
            }
            embedded.close();
        }
    }
}
