package org.rlr.tensor.autograd;

import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.View;

/**
 * Where the gradients of one backward pass gather; handed to each operation's vector-Jacobian product for its inputs.
 */
public final class Gradients {
    private final IdentityHashMap<Tensor, Tensor> slots = new IdentityHashMap<>();
    private Node current;

    /** Starts at a scalar, whose gradient with respect to itself is 1. */
    Gradients(Tensor output, Node operation) {
        current = operation;
        output.backend().fill(fresh(output).view(), 1);
    }

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
     * @return false also where the operation was given no such input
     */
    public boolean needs(int input) {
        Tensor t = current.inputs[input];
        return t != null && t.requiresGrad();
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
     * Where a primitive that writes several gradients at once has to put this one, if it is wanted. Inputs that are one
     * tensor share their target.
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
     * A view of an input's gradient to add to, zeroed if it is new.
     *
     * @param input index among the operation's inputs
     * @return of the input's shape; null if {@link #needs} says that none is wanted
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

    /** Takes the finished gradient of an operation's output, if anything reached it. */
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
