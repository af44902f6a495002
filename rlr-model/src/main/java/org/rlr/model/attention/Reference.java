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
 * The embedded reference {@code E_R [1, r·L, d]} (RLR §5) as the attention blocks see it. It is the same for every
 * image, so what a block derives from it (keys, values) is computed once per training step and once per model in
 * inference: ask through {@link #cached}.
 */
public final class Reference implements AutoCloseable {
    private final Tensor embedded;
    private final int length;
    private final boolean frozen;
    private final Map<List<Object>, Tensor> derived = new HashMap<>();

    /**
     * A reference; models make theirs, tests of a block make one.
     *
     * @param embedded {@code [1, r·L, d]}
     * @param length r
     * @param frozen whether this reference outlives the scope of a call, as in inference; it then takes over the
     *     tensor, which is to belong to no scope
     */
    public Reference(Tensor embedded, int length, boolean frozen) {
        this.embedded = embedded;
        this.length = length;
        this.frozen = frozen;
    }

    /** The reference given to a block that attends to one. @throws IllegalArgumentException if there is none */
    static Reference required(@Nullable Reference given) {
        if (given == null) {
            throw new IllegalArgumentException("a block that attends to the reference is given none");
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
     * Chunk {@code i} of the reference, {@code [1, L, d]}.
     *
     * @param i from 0, below {@link #length}
     * @return {@code [1, L, d]}, in the innermost scope
     */
    public Tensor chunk(int i) {
        int tokens = embedded.dim(1) / length;
        Tensor flat = embedded.reshape(embedded.dim(1), embedded.dim(2));
        return Functions.narrow(flat, i * tokens, tokens).reshape(1, tokens, embedded.dim(2));
    }

    /**
     * What a block derives from the reference alone, computed the first time it is asked for and kept as long as the
     * reference: a training step, or the life of a model in inference.
     *
     * @param block the block that asks, {@code this} of the {@link org.rlr.model.attention.AttentionBlock}; it may
     *     derive several tensors under different names. What the blocks of several layers have in common, as their
     *     provider, would give them the tensors of the first
     * @param name what the block calls the tensor; of its own choice
     * @param computation makes it; runs once
     * @return the tensor, which the reference keeps; not to be closed
     */
    public Tensor cached(Object block, String name, Supplier<Tensor> computation) {
        synchronized (derived) {
            return derived.computeIfAbsent(
                    List.of(block, name),
                    key -> frozen ? unscoped(embedded.backend(), computation) : computation.get());
        }
    }

    /**
     * Runs a computation whose result outlives every scope.
     *
     * @param backend where it runs
     * @param computation makes the tensor, in a scope of its own
     * @return a copy of its result, of no scope; the caller closes it
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

    /** Gives back what is kept, where this reference outlives scopes. */
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
