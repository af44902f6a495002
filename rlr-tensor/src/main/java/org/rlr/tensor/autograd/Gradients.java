package org.rlr.tensor.autograd;

import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.View;

/**
 * Accumulates the gradients of one backward pass. Each operation's vector-Jacobian product adds its inputs' gradients.
 */
public final class Gradients {
    private final IdentityHashMap<Tensor, Tensor> slots = new IdentityHashMap<>();
    private Node current;

    /** Starts at a scalar; its gradient with respect to itself is 1. */
    Gradients(Tensor output, Node operation) {
        current = operation;
        output.backend().fill(fresh(output).view(), 1);
    }

    /** A primitive that overwrites or adds to a gradient. */
    @FunctionalInterface
    public interface Accumulator {
        /**
         * Computes a gradient.
         *
         * @param target of the input's shape
         * @param accumulate whether to add to the target instead of overwriting it
         */
        void into(View target, boolean accumulate);
    }

    /** A primitive that can only overwrite. */
    @FunctionalInterface
    public interface Writer {
        /**
         * Computes a gradient and overwrites the target.
         *
         * @param target of the input's shape
         */
        void into(View target);
    }

    /**
     * The destination of an input's gradient.
     *
     * @param view a view of the input's shape
     * @param accumulate whether to add to the view
     */
    record Target(View view, boolean accumulate) {}

    /**
     * Returns whether an input of the current operation needs a gradient.
     *
     * @param input index among the operation's inputs
     * @return false also if the operation has no such input
     */
    public boolean needs(int input) {
        Tensor t = current.inputs[input];
        return t != null && t.requiresGrad();
    }

    /**
     * Adds to an input's gradient with a primitive that can accumulate; does nothing if no gradient is needed.
     *
     * @param input index among the operation's inputs
     * @param primitive called at most once, before this method returns
     */
    public void add(int input, Accumulator primitive) {
        Target target = target(input);
        if (target != null) {
            primitive.into(target.view, target.accumulate);
        }
    }

    /**
     * The target of one gradient for a primitive that writes several, or null if it is not needed. Inputs that are the
     * same tensor share a target.
     */
    @Nullable
    Target target(int input) {
        if (!needs(input)) {
            return null;
        }
        Tensor t = current.inputs[input];
        Tensor slot = slot(t);
        return slot == null ? new Target(fresh(t).view(), false) : new Target(slot.view(), true);
    }

    /**
     * Adds to an input's gradient with a primitive that overwrites; does nothing if no gradient is needed.
     *
     * @param input index among the operation's inputs
     * @param primitive called at most once, before this method returns
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
     * Returns a view of an input's gradient to add to, zeroed if it is new.
     *
     * @param input index among the operation's inputs
     * @return a view of the input's shape; null if {@link #needs} is false
     */
    public @Nullable View zeroed(int input) {
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

    /** Removes and returns the complete gradient of an operation's output, if there is one. */
    @Nullable
    Tensor take(Tensor output) {
        return slots.remove(output);
    }

    void enter(Node node) {
        current = node;
    }

    private @Nullable Tensor slot(Tensor t) {
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
