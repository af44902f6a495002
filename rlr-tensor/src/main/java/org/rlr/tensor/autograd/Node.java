package org.rlr.tensor.autograd;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;

/** An operation on the tape: its inputs and its vector-Jacobian product. */
public final class Node {
    private static final AtomicLong IDS = new AtomicLong();

    /** Numbers increase along the tape, so descending order is reverse topological order. */
    final long id = IDS.getAndIncrement();

    /** In the operation's order; null for an absent input, such as a bias. */
    final @Nullable Tensor[] inputs;

    final VectorJacobian backward;

    Node(VectorJacobian backward, @Nullable Tensor... inputs) {
        this.inputs = inputs;
        this.backward = backward;
    }

    /** The vector-Jacobian product of an operation. */
    @FunctionalInterface
    public interface VectorJacobian {
        /**
         * Adds each input's gradient, computed from the output's gradient {@code grad}; {@code grad} may be
         * overwritten.
         *
         * @param grad of the output's shape
         * @param gradients accumulates the gradients of the inputs
         */
        void apply(Tensor grad, Gradients gradients);
    }
}
