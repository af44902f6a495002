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
     * Adds the gradient of a scalar to every leaf that requires it. Gradients of intermediate results are closed after
     * their last use. A leaf without a gradient gets one in the innermost scope.
     *
     * @param loss a tensor of one element on the tape
     * @throws IllegalStateException if the tensor is not a scalar or not on the tape
     */
    public static void run(Tensor loss) {
        if (loss.shape().elements() != 1) {
            throw new IllegalStateException("backward() on a tensor of shape " + loss.shape()
                    + "; it needs a scalar: reduce it with sum() or mean()");
        }
        Node last = loss.node();
        if (last == null) {
            throw new IllegalStateException(
                    "backward() on a tensor that is not on the tape: no input requires gradients, or the scope"
                            + " is an inference scope");
        }
        Gradients gradients = new Gradients(loss, last);
        for (Recorded each : reverseTopological(new Recorded(loss, last))) {
            try (Tensor grad = gradients.take(each.output)) {
                if (grad != null) {
                    gradients.enter(each.operation);
                    each.operation.backward.apply(grad, gradients);
                }
            }
        }
    }

    private record Recorded(Tensor output, Node operation) {}

    /** Every result on the tape that the loss depends on, each before its inputs. */
    private static List<Recorded> reverseTopological(Recorded loss) {
        Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Recorded> order = new ArrayList<>();
        Deque<Recorded> open = new ArrayDeque<>();
        open.push(loss);
        seen.add(loss.operation);
        while (!open.isEmpty()) {
            Recorded each = open.pop();
            order.add(each);
            for (Tensor input : each.operation.inputs) {
                Node operation = input == null ? null : input.node();
                if (operation != null && seen.add(operation)) {
                    open.push(new Recorded(input, operation));
                }
            }
        }
        order.sort(
                Comparator.comparingLong((Recorded each) -> each.operation.id).reversed());
        return order;
    }
}
