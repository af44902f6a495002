package org.rlr.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.Backend;

/**
 * Owns tensors: the innermost open scope of a thread owns every tensor created on that thread, whatever its inputs.
 * Closing the scope closes them. {@link #keep} moves a tensor to the enclosing scope. Open one scope per training step
 * or detection:
 *
 * <pre>{@code
 * try (TensorScope scope = TensorScope.inference(backend)) {
 *     Tensor y = model.forward(Tensor.of(values, 1, 1024, 72));
 *     return y.toArray();
 * }
 * }</pre>
 *
 * A scope belongs to the thread that opened it. Close inner scopes first.
 */
public final class TensorScope implements AutoCloseable {
    private static final ThreadLocal<TensorScope> CURRENT = new ThreadLocal<>();

    private final Backend backend;
    private final @Nullable TensorScope parent;
    private final boolean hasTape;
    private final Thread thread = Thread.currentThread();
    private final List<@Nullable Tensor> owned = new ArrayList<>();
    private boolean closed;

    private TensorScope(Backend backend, boolean hasTape) {
        this.backend = backend;
        this.parent = CURRENT.get();
        this.hasTape = hasTape;
        CURRENT.set(this);
    }

    /**
     * Opens a scope with a tape that records operations on tensors that require gradients.
     *
     * @param backend used by factories without an input; the caller closes it
     * @return the scope, now the innermost of this thread
     */
    public static TensorScope open(Backend backend) {
        return new TensorScope(backend, true);
    }

    /**
     * Opens a scope without a tape.
     *
     * @param backend used by factories without an input; the caller closes it
     * @return the scope, now the innermost of this thread
     */
    public static TensorScope inference(Backend backend) {
        return new TensorScope(backend, false);
    }

    /**
     * Runs a computation and closes its intermediate tensors, unless the innermost scope has a tape, which needs them.
     * A network's peak memory is then that of its largest part instead of the sum of all parts.
     *
     * @param computation returns a tensor; do not use its other tensors afterwards
     * @return the tensor, owned by the innermost scope if the computation created it
     * @throws IllegalStateException if no scope is open
     */
    public static Tensor closingIntermediates(Supplier<Tensor> computation) {
        TensorScope outer = current();
        if (outer.hasTape) {
            return computation.get();
        }
        try (TensorScope inner = inference(outer.backend)) {
            Tensor result = computation.get();
            return result.owner() == inner ? inner.keep(result) : result;
        }
    }

    /**
     * Returns the innermost open scope of this thread.
     *
     * @return the scope
     * @throws IllegalStateException if there is none
     */
    public static TensorScope current() {
        TensorScope scope = CURRENT.get();
        if (scope == null) {
            throw new IllegalStateException(
                    "no TensorScope is open on this thread; open one with try (TensorScope scope = "
                            + "TensorScope.open(backend))");
        }
        return scope;
    }

    /** {@return the backend used by factories without an input} */
    public Backend backend() {
        return backend;
    }

    /** {@return whether the scope has a tape for computing gradients} */
    public boolean hasTape() {
        return hasTape;
    }

    /**
     * Moves a tensor of this scope to the enclosing scope. Without an enclosing scope, the caller closes the tensor.
     *
     * @param tensor a tensor that this scope owns
     * @return the tensor
     * @throws IllegalArgumentException if this scope does not own it
     * @throws IllegalStateException if the enclosing scope is closed
     */
    public Tensor keep(Tensor tensor) {
        if (tensor.owner() != this) {
            throw new IllegalArgumentException("tensor of shape " + tensor.shape() + " does not belong to this scope");
        }
        int slot = tensor.slot();
        if (parent == null) {
            tensor.own(null, -1);
        } else {
            parent.adopt(tensor);
        }
        owned.set(slot, null);
        return tensor;
    }

    void adopt(Tensor tensor) {
        if (closed) {
            throw new IllegalStateException("the scope is closed");
        }
        owned.add(tensor);
        tensor.own(this, owned.size() - 1);
    }

    /** Removes a tensor that was closed explicitly. */
    void forget(int slot) {
        owned.set(slot, null);
    }

    /**
     * Closes all owned tensors, the newest first, even if closing one fails. The enclosing scope becomes this thread's
     * innermost scope.
     *
     * @throws IllegalStateException if called on another thread (nothing is closed), or if inner scopes were still open
     *     (they are closed too)
     */
    @Override
    public void close() {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException(
                    "a scope was closed on another thread; close it on the one that opened it, " + thread.getName());
        }
        if (closed) {
            return;
        }
        TensorScope inner = CURRENT.get();
        Throwable failure = inner == this
                ? null
                : new IllegalStateException(
                        "an inner scope was still open; it is closed now, close inner scopes first");
        for (; inner != this; inner = enclosing(inner)) {
            failure = inner.closeOwned(failure);
        }
        if (parent == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(parent);
        }
        failure = closeOwned(failure);
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }

    private static TensorScope enclosing(TensorScope inner) {
        if (inner.parent == null) {
            throw new AssertionError("an open scope is missing from its thread's scopes");
        }
        return inner.parent;
    }

    /** Closes the tensors and returns the first failure. */
    private @Nullable Throwable closeOwned(@Nullable Throwable before) {
        closed = true;
        Throwable failure = before;
        for (int i = owned.size() - 1; i >= 0; i--) {
            Tensor t = owned.get(i);
            if (t != null) {
                try {
                    t.own(null, -1);
                    t.close();
                } catch (RuntimeException | Error e) {
                    failure = failure == null ? e : failure;
                }
            }
        }
        owned.clear();
        return failure;
    }
}
