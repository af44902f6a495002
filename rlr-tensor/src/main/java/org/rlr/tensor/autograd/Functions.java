package org.rlr.tensor.autograd;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/**
 * The elementary operations, each with its vector-Jacobian product. Fused operations are in {@link FusedFunctions}.
 * Shapes are checked here; the {@link IllegalArgumentException} names both.
 */
public final class Functions {
    private Functions() {}

    /**
     * Elementwise {@code op(a, b)} with broadcasting; a gradient is summed over the axes that were broadcast.
     *
     * @param op the function
     * @param a first operand
     * @param b second operand, whose shape broadcasts with a's
     * @return a tensor of the broadcast shape
     * @throws IllegalArgumentException if the shapes are incompatible
     */
    public static Tensor binary(BinaryOp op, Tensor a, Tensor b) {
        Backend k = a.backend();
        Tensor y = Tensor.empty(k, Shape.broadcast(a.shape(), b.shape()));
        k.binary(op, a.view(), b.view(), y.view(), false);
        return onTape(
                y,
                (g, grads) -> {
                    switch (op) {
                        case ADD -> {
                            addReduced(k, grads, 0, a, g, 1);
                            addReduced(k, grads, 1, b, g, 1);
                        }
                        case SUB -> {
                            addReduced(k, grads, 0, a, g, 1);
                            addReduced(k, grads, 1, b, g, -1);
                        }
                        case MUL -> {
                            addProduct(k, grads, 0, a, BinaryOp.MUL, g, b, 1);
                            addProduct(k, grads, 1, b, BinaryOp.MUL, g, a, 1);
                        }
                        case DIV -> {
                            addProduct(k, grads, 0, a, BinaryOp.DIV, g, b, 1);
                            if (grads.needs(1)) {
                                // d(a/b)/db = -(a/b)/b
                                try (Tensor quotient = Tensor.empty(k, y.shape())) {
                                    k.binary(BinaryOp.DIV, y.view(), b.view(), quotient.view(), false);
                                    addProduct(k, grads, 1, b, BinaryOp.MUL, g, quotient, -1);
                                }
                            }
                        }
                        default -> throw new IllegalStateException(op.name());
                    }
                },
                a,
                b);
    }

    private static void addReduced(Backend k, Gradients grads, int input, Tensor to, Tensor g, float sign) {
        if (!grads.needs(input)) {
            return;
        }
        if (to.shape().equals(g.shape())) {
            grads.add(input, (dx, acc) -> k.affine(g.view(), sign, 0, dx, acc));
        } else if (sign == 1) {
            grads.add(input, (dx, acc) -> k.sumTo(g.view(), dx, acc));
        } else {
            try (Tensor negative = Tensor.empty(k, g.shape())) {
                k.affine(g.view(), sign, 0, negative.view(), false);
                grads.add(input, (dx, acc) -> k.sumTo(negative.view(), dx, acc));
            }
        }
    }

    private static void addProduct(
            Backend k, Gradients grads, int input, Tensor to, BinaryOp op, Tensor g, Tensor other, float sign) {
        if (!grads.needs(input)) {
            return;
        }
        if (sign == 1 && to.shape().equals(g.shape())) {
            grads.add(input, (dx, acc) -> k.binary(op, g.view(), other.view(), dx, acc));
        } else {
            try (Tensor full = Tensor.empty(k, g.shape())) {
                k.binary(op, g.view(), other.view(), full.view(), false);
                addReduced(k, grads, input, to, full, sign);
            }
        }
    }

    /**
     * Applies an elementwise function.
     *
     * @param op the function
     * @param x any shape
     * @return a tensor of x's shape
     */
    public static Tensor unary(UnaryOp op, Tensor x) {
        Backend k = x.backend();
        Tensor y = Tensor.empty(k, x.shape());
        k.unary(op, x.view(), y.view());
        return onTape(
                y,
                (g, grads) -> grads.add(0, (dx, acc) -> k.unaryBackward(op, x.view(), y.view(), g.view(), dx, acc)),
                x);
    }

    /**
     * {@code scale·x + shift}.
     *
     * @param x any shape
     * @param scale factor of every element
     * @param shift added to every element
     * @return a tensor of x's shape
     */
    public static Tensor affine(Tensor x, float scale, float shift) {
        Backend k = x.backend();
        Tensor y = Tensor.empty(k, x.shape());
        k.affine(x.view(), scale, shift, y.view(), false);
        return onTape(y, (g, grads) -> grads.add(0, (dx, acc) -> k.affine(g.view(), scale, 0, dx, acc)), x);
    }

    /**
     * {@code Σᵢ wᵢ·xᵢ} with constant weights; all terms have the same shape.
     *
     * @param xs at least one
     * @param weights one per term
     * @return a tensor of their shape
     * @throws IllegalArgumentException if the shapes differ
     */
    public static Tensor weightedSum(List<Tensor> xs, float[] weights) {
        Backend k = xs.get(0).backend();
        Shape shape = xs.get(0).shape();
        for (Tensor x : xs) {
            require(x.shape().equals(shape), () -> "weighted sum of shapes " + shape + " and " + x.shape());
        }
        Tensor y = Tensor.empty(k, shape);
        k.weightedSum(xs.stream().map(Tensor::view).toList(), weights, y.view());
        return onTape(
                y,
                (g, grads) -> {
                    for (int i = 0; i < weights.length; i++) {
                        float w = weights[i];
                        grads.add(i, (dx, acc) -> k.affine(g.view(), w, 0, dx, acc));
                    }
                },
                xs.toArray(Tensor[]::new));
    }

    /**
     * The sum over every axis that broadcasting {@code shape} to x's shape would repeat.
     *
     * @param x any shape
     * @param shape a shape that broadcasts to x's shape
     * @return a tensor of the given shape
     * @throws IllegalArgumentException if it does not broadcast to x's shape
     */
    public static Tensor sumTo(Tensor x, Shape shape) {
        require(
                Shape.broadcast(x.shape(), shape).equals(x.shape()),
                () -> "cannot sum shape " + x.shape() + " to " + shape);
        Backend k = x.backend();
        Tensor y = Tensor.empty(k, shape);
        k.sumTo(x.view(), y.view(), false);
        return onTape(
                y,
                (g, grads) -> grads.write(0, dx -> {
                    k.fill(dx, 0);
                    k.binary(BinaryOp.ADD, dx, g.view(), dx, false);
                }),
                x);
    }

    /**
     * Maximum along an axis; the axis keeps extent 1.
     *
     * @param x any shape
     * @param axis {@code −rank … rank−1}
     * @return a tensor of x's rank; the gradient goes to the first maximum
     * @throws IllegalArgumentException if there is no such axis
     */
    public static Tensor max(Tensor x, int axis) {
        Backend k = x.backend();
        int a = x.shape().axis(axis);
        Tensor y = Tensor.empty(k, x.shape().with(a, 1));
        k.max(x.view(), a, y.view());
        return onTape(
                y, (g, grads) -> grads.add(0, (dx, acc) -> k.maxBackward(x.view(), y.view(), g.view(), a, dx, acc)), x);
    }

    /**
     * Softmax along the last axis.
     *
     * @param x any shape
     * @return a tensor of x's shape
     */
    public static Tensor softmax(Tensor x) {
        Backend k = x.backend();
        Tensor y = Tensor.empty(k, x.shape());
        k.softmax(x.view(), y.view());
        return onTape(y, (g, grads) -> grads.add(0, (dx, acc) -> k.softmaxBackward(y.view(), g.view(), dx, acc)), x);
    }

    /**
     * The same elements under another shape; shares the memory.
     *
     * @param x any shape
     * @param shape a shape with the same number of elements
     * @return a tensor on x's memory
     * @throws IllegalArgumentException if the numbers of elements differ
     */
    public static Tensor reshape(Tensor x, Shape shape) {
        return alias(x, x.view().reshape(shape));
    }

    /**
     * Rows {@code start … start+length} of the first axis; shares the memory.
     *
     * @param x at least one axis
     * @param start first row, from 0
     * @param length number of rows
     * @return {@code [length, ...]} on x's memory
     * @throws IllegalArgumentException if the rows exceed x
     */
    public static Tensor narrow(Tensor x, int start, int length) {
        Shape shape = x.shape();
        require(
                shape.rank() > 0 && start >= 0 && length >= 0 && start + length <= shape.dim(0),
                () -> "rows " + start + " to " + (start + length) + " of shape " + shape);
        int row = shape.span(1, shape.rank());
        return alias(x, new View(x.view().storage(), x.view().offset() + start * row, shape.with(0, length)));
    }

    private static Tensor alias(Tensor x, View window) {
        Backend k = x.backend();
        int from = window.offset() - x.view().offset();
        window.storage().retain();
        Tensor y = Tensor.wrap(k, window);
        return onTape(
                y,
                (g, grads) -> {
                    if (window.elements() == x.shape().elements()) {
                        grads.add(0, (dx, acc) -> k.affine(g.view().reshape(x.shape()), 1, 0, dx, acc));
                    } else {
                        View dx = grads.zeroed(0);
                        if (dx != null) {
                            k.affine(g.view(), 1, 0, new View(dx.storage(), dx.offset() + from, window.shape()), true);
                        }
                    }
                },
                x);
    }

    /**
     * Axes reordered: axis {@code a} of the result is axis {@code axes[a]} of x.
     *
     * @param x any shape
     * @param axes every axis of x once
     * @return a copy
     * @throws IllegalArgumentException if an axis is missing, unknown or repeated
     */
    public static Tensor permute(Tensor x, int... axes) {
        Backend k = x.backend();
        int rank = x.shape().rank();
        require(axes.length == rank, () -> axes.length + " axes to permute shape " + x.shape());
        int[] order = new int[rank];
        int[] inverse = new int[rank];
        int[] extents = new int[rank];
        boolean[] used = new boolean[rank];
        for (int i = 0; i < rank; i++) {
            order[i] = x.shape().axis(axes[i]);
            require(!used[order[i]], () -> "axes " + java.util.Arrays.toString(axes) + " name an axis twice");
            used[order[i]] = true;
            inverse[order[i]] = i;
            extents[i] = x.dim(order[i]);
        }
        Tensor y = Tensor.empty(k, Shape.of(extents));
        k.permute(x.view(), order, y.view());
        return onTape(y, (g, grads) -> grads.write(0, dx -> k.permute(g.view(), inverse, dx)), x);
    }

    /**
     * {@code x[…, start : start+length, …]} along an axis, copied.
     *
     * @param x any shape
     * @param axis {@code −rank … rank−1}
     * @param start first position, from 0
     * @param length number of positions
     * @return a tensor with extent {@code length} along the axis
     * @throws IllegalArgumentException if there is no such axis or the positions exceed it
     */
    public static Tensor slice(Tensor x, int axis, int start, int length) {
        int a = x.shape().axis(axis);
        require(
                start >= 0 && length >= 0 && start + length <= x.dim(a),
                () -> "positions " + start + " to " + (start + length) + " along axis " + axis + " of shape "
                        + x.shape());
        Backend k = x.backend();
        Tensor y = Tensor.empty(k, x.shape().with(a, length));
        k.slice(x.view(), a, start, y.view(), false);
        return onTape(
                y,
                (g, grads) -> {
                    View dx = grads.zeroed(0);
                    if (dx != null) {
                        k.place(g.view(), a, start, dx, true);
                    }
                },
                x);
    }

    /**
     * Concatenates tensors along an axis.
     *
     * @param xs at least one tensor; shapes may differ only along the axis
     * @param axis {@code −rank … rank−1}
     * @return a tensor whose extent along the axis is the sum of theirs
     * @throws IllegalArgumentException if there is no such axis or the shapes are incompatible
     */
    public static Tensor concat(List<Tensor> xs, int axis) {
        Shape first = xs.get(0).shape();
        int a = first.axis(axis);
        int total = 0;
        for (Tensor x : xs) {
            require(
                    x.shape().rank() == first.rank() && x.shape().with(a, 1).equals(first.with(a, 1)),
                    () -> "cannot join shapes " + first + " and " + x.shape() + " along axis " + axis);
            total += x.dim(a);
        }
        Backend k = xs.get(0).backend();
        Tensor y = Tensor.empty(k, first.with(a, total));
        int at = 0;
        for (Tensor x : xs) {
            k.place(x.view(), a, at, y.view(), false);
            at += x.dim(a);
        }
        return onTape(
                y,
                (g, grads) -> {
                    int start = 0;
                    for (int i = 0; i < xs.size(); i++) {
                        int from = start;
                        grads.add(i, (dx, acc) -> k.slice(g.view(), a, from, dx, acc));
                        start += xs.get(i).dim(a);
                    }
                },
                xs.toArray(Tensor[]::new));
    }

    /**
     * Matrix product over the last two axes with optional transposes. Leading axes are batches: they are equal, or b
     * has only two axes and is shared.
     *
     * @param a {@code [..., m, k]}, or {@code [..., k, m]} if transposed
     * @param transA whether a is transposed
     * @param b {@code [..., k, n]} or {@code [k, n]}, with k and n swapped if transposed
     * @param transB whether b is transposed
     * @return {@code [..., m, n]}
     * @throws IllegalArgumentException if the shapes are incompatible; in the backward pass if a is a transposed batch
     *     and b is shared
     */
    public static Tensor matmul(Tensor a, boolean transA, Tensor b, boolean transB) {
        Shape sa = a.shape();
        Shape sb = b.shape();
        int ra = sa.rank();
        int rb = sb.rank();
        require(ra >= 2 && rb >= 2 && (rb == 2 || rb == ra), () -> "matrix product of shapes " + sa + " and " + sb);
        int m = sa.dim(transA ? ra - 1 : ra - 2);
        int inner = sa.dim(transA ? ra - 2 : ra - 1);
        int n = sb.dim(transB ? rb - 2 : rb - 1);
        require(
                inner == sb.dim(transB ? rb - 1 : rb - 2),
                () -> "matrix product of shapes " + sa + (transA ? "ᵀ" : "") + " and " + sb + (transB ? "ᵀ" : ""));
        for (int i = 0; rb > 2 && i < ra - 2; i++) {
            require(sa.dim(i) == sb.dim(i), () -> "batches of shapes " + sa + " and " + sb + " differ");
        }
        Backend k = a.backend();
        Tensor y = Tensor.empty(k, sa.with(ra - 2, m).with(ra - 1, n));
        k.matmul(a.view(), transA, b.view(), transB, 1, y.view(), false);
        return onTape(
                y,
                (g, grads) -> {
                    // Y = op(A)·op(B): dOp(A) = G·op(B)ᵀ, dOp(B) = op(A)ᵀ·G; transposed again if op transposes
                    if (transA) {
                        require(rb == ra, () -> "no gradient for a transposed batch against a shared matrix");
                        grads.add(0, (dx, acc) -> k.matmul(b.view(), transB, g.view(), true, 1, dx, acc));
                    } else {
                        grads.add(0, (dx, acc) -> k.matmul(g.view(), false, b.view(), !transB, 1, dx, acc));
                    }
                    if (transB) {
                        grads.add(1, (dx, acc) -> k.matmul(g.view(), true, a.view(), transA, 1, dx, acc));
                    } else {
                        grads.add(1, (dx, acc) -> k.matmul(a.view(), !transA, g.view(), false, 1, dx, acc));
                    }
                },
                a,
                b);
    }

    /** Records an operation on the tape if the scope has one and an input requires gradients. */
    static Tensor onTape(Tensor y, Node.VectorJacobian backward, @Nullable Tensor... inputs) {
        if (TensorScope.current().hasTape()) {
            for (Tensor x : inputs) {
                if (x != null && x.requiresGrad()) {
                    y.setNode(new Node(backward, inputs));
                    break;
                }
            }
        }
        return y;
    }

    /** The message is built only on failure, as these checks run before every operation. */
    static void require(boolean condition, Supplier<String> message) {
        if (!condition) {
            throw new IllegalArgumentException(message.get());
        }
    }
}
