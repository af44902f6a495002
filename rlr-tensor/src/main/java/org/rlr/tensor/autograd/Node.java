package org.rlr.tensor.autograd;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;

/** An operation on the tape: its inputs and how to carry a gradient of its output back to them. */
public final class Node {
    private static final AtomicLong IDS = new AtomicLong();

    /** Numbers grow along the tape, so that descending order is a reverse topological one. */
    final long id = IDS.getAndIncrement();

    /** In the order of the operation; null for those it was not given, such as a bias. */
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
         * Adds what {@code grad}, the gradient of the output, means for each input; {@code grad} may be overwritten.
         *
         * @param grad of the output's shape
         * @param gradients where those of the inputs gather
         */
        void apply(Tensor grad, Gradients gradients);
    }
}
