package org.rlr.tensor.autograd;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.rlr.tensor.Tensor;

/** Reverse-mode differentiation: walks the tape backwards, without recursion. */
public final class Backward {
    private Backward() {}

    /**
     * Adds the gradient of a scalar to every leaf that requires it. Gradients of intermediate results are closed as
     * soon as they have been used; those of leaves without one before are made in the innermost scope.
     *
     * @param loss a tensor of one element on the tape
     * @throws IllegalStateException if the tensor is not a scalar or it is not on the tape
     */
    public static void run(Tensor loss) {
        if (loss.shape().elements() != 1) {
            throw new IllegalStateException(
                    "backward() of a tensor of shape " + loss.shape() + "; only a scalar has a gradient");
        }
        if (loss.node() == null) {
            throw new IllegalStateException(
                    "backward() of a tensor that is not on the tape: no input requires gradients, or the scope is an inference scope");
        }
        Gradients gradients = new Gradients();
        gradients.seed(loss);
        for (Tensor output : reverseTopological(loss)) {
            try (Tensor grad = gradients.take(output)) {
                if (grad != null) {
                    gradients.enter(output.node());
                    output.node().backward.apply(grad, gradients);
                }
            }
        }
    }

    /** Every result on the tape that the loss depends on, each before the results it was made from. */
    private static List<Tensor> reverseTopological(Tensor loss) {
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Tensor> order = new ArrayList<>();
        Deque<Tensor> open = new ArrayDeque<>();
        open.push(loss);
        seen.add(loss);
        while (!open.isEmpty()) {
            Tensor t = open.pop();
            order.add(t);
            for (Tensor input : t.node().inputs) {
                if (input != null && input.node() != null && seen.add(input)) {
                    open.push(input);
                }
            }
        }
        order.sort(Comparator.comparingLong((Tensor t) -> t.node().id).reversed());
        return order;
    }
}
