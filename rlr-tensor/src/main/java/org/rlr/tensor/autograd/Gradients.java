package org.rlr.tensor.autograd;

import java.util.IdentityHashMap;
import java.util.Map;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.View;

/**
 * Where the gradients of one backward pass gather; handed to each operation's vector-Jacobian product for its inputs.
 */
public final class Gradients {
    private final Map<Tensor, Tensor> slots = new IdentityHashMap<>();
    private Node current;

    Gradients() {}

    /** A primitive that writes, or adds, to a gradient. */
    @FunctionalInterface
    public interface Accumulator {
        /**
         * Computes a gradient.
         *
         * @param target of the input's shape
         * @param accumulate whether to add to what is there instead of overwriting it
         */
        void into(View target, boolean accumulate);
    }

    /** A primitive that can only overwrite. */
    @FunctionalInterface
    public interface Writer {
        /**
         * Computes a gradient over whatever is there.
         *
         * @param target of the input's shape
         */
        void into(View target);
    }

    /**
     * Where the gradient of an input is to go.
     *
     * @param view as large as the input
     * @param accumulate whether to add to what is there
     */
    record Target(View view, boolean accumulate) {}

    /**
     * Whether an input of the current operation wants a gradient.
     *
     * @param input index among the operation's inputs
     * @return false also where the input is null
     */
    public boolean needs(int input) {
        return current.inputs[input] != null && current.inputs[input].requiresGrad();
    }

    /**
     * Adds to the gradient of an input by a primitive that can accumulate; nothing happens where none is wanted.
     *
     * @param input index among the operation's inputs
     * @param primitive called at most once, now
     */
    public void add(int input, Accumulator primitive) {
        Target target = target(input);
        if (target != null) {
            primitive.into(target.view, target.accumulate);
        }
    }

    /**
     * Where a primitive that writes several gradients at once has to put this one; null where none is wanted. Inputs
     * that are one tensor share their target.
     */
    Target target(int input) {
        if (!needs(input)) {
            return null;
        }
        Tensor t = current.inputs[input];
        Tensor slot = slot(t);
        return slot == null ? new Target(fresh(t).view(), false) : new Target(slot.view(), true);
    }

    /**
     * Adds to the gradient of an input by a primitive that overwrites; nothing happens where none is wanted.
     *
     * @param input index among the operation's inputs
     * @param primitive called at most once, now
     */
    public void write(int input, Writer primitive) {
        if (!needs(input)) {
            return;
        }
        Tensor t = current.inputs[input];
        Tensor slot = slot(t);
        if (slot == null) {
            primitive.into(fresh(t).view());
        } else {
            try (Tensor part = Tensor.empty(t.backend(), t.shape())) {
                primitive.into(part.view());
                t.backend().affine(part.view(), 1, 0, slot.view(), true);
            }
        }
    }

    /**
     * A view of an input's gradient to add to, zeroed if it is new; null where none is wanted.
     *
     * @param input index among the operation's inputs
     * @return of the input's shape, or null
     */
    public View zeroed(int input) {
        if (!needs(input)) {
            return null;
        }
        Tensor t = current.inputs[input];
        Tensor slot = slot(t);
        if (slot == null) {
            slot = fresh(t);
            t.backend().fill(slot.view(), 0);
        }
        return slot.view();
    }

    /** Starts at the scalar: its gradient with respect to itself is 1. */
    void seed(Tensor output) {
        Tensor one = fresh(output);
        output.backend().fill(one.view(), 1);
    }

    /** Takes the finished gradient of an operation's output; null if nothing reached it. */
    Tensor take(Tensor output) {
        return slots.remove(output);
    }

    void enter(Node node) {
        current = node;
    }

    private Tensor slot(Tensor t) {
        return t.node() == null ? t.grad() : slots.get(t);
    }

    private Tensor fresh(Tensor t) {
        Shape shape = t.shape();
        Tensor g = Tensor.empty(t.backend(), shape);
        if (t.node() == null) {
            t.gradInto(g);
        } else {
            slots.put(t, g);
        }
        return g;
    }
}
