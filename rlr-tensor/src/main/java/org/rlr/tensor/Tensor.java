package org.rlr.tensor;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.autograd.Backward;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.autograd.Node;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/**
 * A float32 array of any rank on a device, row-major and contiguous. New tensors belong to the innermost open
 * {@link TensorScope}; a closed tensor throws on use. Operations return new tensors. They are recorded on the tape for
 * {@link #backward()} if an argument requires gradients and the scope has a tape.
 *
 * <p>Window attention and the other fused operations are in {@link Functions}; see also {@link Locality}.
 */
public final class Tensor implements AutoCloseable {
    private static final boolean DEBUG = Boolean.getBoolean("rlr.debug");

    private final Backend backend;
    private final View view;
    private final @Nullable Throwable created = DEBUG ? new Throwable("created here") : null;
    private @Nullable Throwable closedAt;
    private @Nullable TensorScope owner;
    private int slot;
    private boolean closed;
    private boolean requiresGrad;
    private @Nullable Tensor grad;
    private @Nullable Node node;

    private Tensor(Backend backend, View view) {
        this.backend = backend;
        this.view = view;
    }

    // ---- creation ----

    /**
     * Wraps a storage in a tensor owned by the innermost scope. Takes over one reference to the storage, even on
     * failure.
     *
     * @param backend that holds the storage
     * @param view storage, offset and shape
     * @return the tensor
     * @throws IllegalStateException if no scope is open
     */
    public static Tensor wrap(Backend backend, View view) {
        try {
            Tensor t = new Tensor(backend, view);
            TensorScope.current().adopt(t);
            return t;
        } catch (RuntimeException | Error e) {
            view.storage().release();
            throw e;
        }
    }

    /**
     * Wraps a storage in a tensor that no scope owns; the caller closes it. Takes over one reference to the storage,
     * even on failure.
     *
     * @param backend that holds the storage
     * @param view storage, offset and shape
     * @return the tensor
     */
    public static Tensor wrapUnscoped(Backend backend, View view) {
        try {
            return new Tensor(backend, view);
        } catch (OutOfMemoryError e) {
            view.storage().release();
            throw e;
        }
    }

    /**
     * An uninitialised tensor.
     *
     * @param backend where to allocate
     * @param shape of the tensor
     * @return a tensor of that shape with undefined values
     * @throws IllegalStateException if no scope is open
     * @throws ResourceException if there is not enough memory
     */
    public static Tensor empty(Backend backend, Shape shape) {
        return wrap(backend, View.allocate(backend, shape));
    }

    /**
     * A tensor with the given values, row-major.
     *
     * @param values row-major; copied
     * @param extents the shape, outermost first
     * @return a tensor on the backend of the innermost scope
     * @throws IllegalArgumentException if the number of values does not match the shape
     * @throws IllegalStateException if no scope is open
     */
    public static Tensor of(float[] values, int... extents) {
        Shape shape = Shape.of(extents);
        if (values.length != shape.elements()) {
            throw new IllegalArgumentException(values.length + " values for shape " + shape);
        }
        Tensor t = empty(TensorScope.current().backend(), shape);
        t.backend.upload(values, 0, t.view);
        return t;
    }

    /**
     * A scalar.
     *
     * @param value the only element
     * @return a tensor of shape {@code []}
     */
    public static Tensor scalar(float value) {
        return full(value);
    }

    /**
     * A tensor filled with a value.
     *
     * @param value of every element
     * @param extents the shape, outermost first
     * @return a tensor on the backend of the innermost scope
     * @throws IllegalStateException if no scope is open
     */
    public static Tensor full(float value, int... extents) {
        Tensor t = empty(TensorScope.current().backend(), Shape.of(extents));
        t.backend.fill(t.view, value);
        return t;
    }

    /**
     * A tensor of zeros.
     *
     * @param extents the shape, outermost first
     * @return a tensor on the backend of the innermost scope
     * @throws IllegalStateException if no scope is open
     */
    public static Tensor zeros(int... extents) {
        return full(0, extents);
    }

    // ---- access ----

    /** {@return the extents} */
    public Shape shape() {
        return view.shape();
    }

    /**
     * Returns one extent; a negative axis counts from the end.
     *
     * @param axis {@code −rank … rank−1}
     * @return its extent
     * @throws IllegalArgumentException if there is no such axis
     */
    public int dim(int axis) {
        return view.shape().dim(axis);
    }

    /** {@return the backend that holds the values} */
    public Backend backend() {
        return backend;
    }

    /**
     * The memory.
     *
     * @return storage, offset and shape
     * @throws IllegalStateException if this tensor was closed
     */
    public View view() {
        if (closed) {
            IllegalStateException e = new IllegalStateException("use of a tensor after it was closed, shape "
                    + view.shape() + (DEBUG ? "" : " (run with -Drlr.debug=true to see where)"));
            if (DEBUG) {
                e.addSuppressed(created);
                e.addSuppressed(closedAt);
            }
            throw e;
        }
        return view;
    }

    /**
     * The values, row-major.
     *
     * @return a copy; waits until the values are computed
     * @throws IllegalStateException if this tensor was closed
     * @throws ResourceException if there is not enough memory
     */
    public float[] toArray() {
        View source = view();
        float[] values;
        try {
            values = new float[source.elements()];
        } catch (OutOfMemoryError e) {
            throw ResourceException.outOfMemory("a copy of a tensor of shape " + shape() + " was requested", e);
        }
        backend.download(source, values, 0);
        return values;
    }

    /**
     * Returns the value of a tensor that has one element.
     *
     * @return the element
     * @throws IllegalStateException if it has another number of elements
     */
    public float item() {
        if (view.elements() != 1) {
            throw new IllegalStateException("item() needs one element; the shape is " + shape());
        }
        return toArray()[0];
    }

    // ---- gradients ----

    /** {@return whether gradients flow to this tensor} */
    public boolean requiresGrad() {
        return requiresGrad;
    }

    /**
     * Marks this leaf as requiring gradients.
     *
     * @return this tensor
     * @throws IllegalStateException if it is the result of an operation on the tape
     */
    public Tensor setRequiresGrad() {
        if (node != null) {
            throw new IllegalStateException("setRequiresGrad() on an operation's result; call it on a leaf tensor");
        }
        requiresGrad = true;
        return this;
    }

    /** {@return the gradient of a leaf, set by {@link #backward()} or {@link #gradInto}} */
    public @Nullable Tensor grad() {
        return grad;
    }

    /**
     * Sets the tensor that a leaf's gradient is added to; the caller zeroes it.
     *
     * @param target a tensor of this shape; if null, the next {@link #backward()} creates a tensor
     * @return this tensor
     * @throws IllegalArgumentException if the shapes differ
     */
    public Tensor gradInto(@Nullable Tensor target) {
        if (target != null && !target.shape().equals(shape())) {
            throw new IllegalArgumentException(
                    "gradient of shape " + target.shape() + " for a tensor of shape " + shape());
        }
        requiresGrad = true;
        grad = target;
        return this;
    }

    /** {@return the operation that produced this tensor; null for a leaf} */
    public @Nullable Node node() {
        return node;
    }

    /**
     * Records the operation that produced this tensor on the tape. For the autograd functions.
     *
     * @param operation its inputs and vector-Jacobian product
     */
    public void setNode(Node operation) {
        node = operation;
        requiresGrad = true;
    }

    /**
     * Adds this scalar's gradient to every leaf that it depends on.
     *
     * @throws IllegalStateException if it is not a scalar on the tape
     */
    public void backward() {
        Backward.run(this);
    }

    // ---- operations ----

    /**
     * {@code this + other}, broadcast.
     *
     * @param other a tensor whose shape broadcasts with this shape
     * @return a tensor of the broadcast shape
     * @throws IllegalArgumentException if the shapes are incompatible
     */
    public Tensor add(Tensor other) {
        return Functions.binary(BinaryOp.ADD, this, other);
    }

    /**
     * {@code this − other}, broadcast.
     *
     * @param other a tensor whose shape broadcasts with this shape
     * @return a tensor of the broadcast shape
     * @throws IllegalArgumentException if the shapes are incompatible
     */
    public Tensor sub(Tensor other) {
        return Functions.binary(BinaryOp.SUB, this, other);
    }

    /**
     * {@code this · other} elementwise, broadcast.
     *
     * @param other a tensor whose shape broadcasts with this shape
     * @return a tensor of the broadcast shape
     * @throws IllegalArgumentException if the shapes are incompatible
     */
    public Tensor mul(Tensor other) {
        return Functions.binary(BinaryOp.MUL, this, other);
    }

    /**
     * {@code this / other} elementwise, broadcast.
     *
     * @param other a tensor whose shape broadcasts with this shape
     * @return a tensor of the broadcast shape
     * @throws IllegalArgumentException if the shapes are incompatible
     */
    public Tensor div(Tensor other) {
        return Functions.binary(BinaryOp.DIV, this, other);
    }

    /**
     * {@code scale·this + shift}.
     *
     * @param scale factor of every element
     * @param shift added to every element
     * @return a tensor of this shape
     */
    public Tensor affine(float scale, float shift) {
        return Functions.affine(this, scale, shift);
    }

    /**
     * Applies an elementwise function.
     *
     * @param op the function
     * @return a tensor of this shape
     */
    public Tensor apply(UnaryOp op) {
        return Functions.unary(op, this);
    }

    /**
     * Sum along an axis; the axis keeps extent 1.
     *
     * @param axis {@code −rank … rank−1}
     * @return a tensor of this rank
     * @throws IllegalArgumentException if there is no such axis
     */
    public Tensor sum(int axis) {
        return Functions.sumTo(this, shape().with(axis, 1));
    }

    /** {@return sum of all elements, a scalar} */
    public Tensor sum() {
        return Functions.sumTo(this, Shape.of());
    }

    /**
     * Mean along an axis; the axis keeps extent 1.
     *
     * @param axis {@code −rank … rank−1}
     * @return a tensor of this rank
     * @throws IllegalArgumentException if there is no such axis
     */
    public Tensor mean(int axis) {
        return sum(axis).affine(1f / dim(axis), 0);
    }

    /** {@return mean of all elements, a scalar} */
    public Tensor mean() {
        return sum().affine(1f / view.elements(), 0);
    }

    /**
     * Maximum along an axis; the axis keeps extent 1. The gradient goes to the first maximum.
     *
     * @param axis {@code −rank … rank−1}
     * @return a tensor of this rank
     * @throws IllegalArgumentException if there is no such axis
     */
    public Tensor max(int axis) {
        return Functions.max(this, axis);
    }

    /**
     * Softmax along the last axis.
     *
     * @return a tensor of this shape
     */
    public Tensor softmax() {
        return Functions.softmax(this);
    }

    /**
     * Matrix product over the last two axes.
     *
     * @param other {@code [..., k, n]} with the same leading axes, or {@code [k, n]}, if this tensor is {@code [..., m,
     *     k]}
     * @return {@code [..., m, n]}
     * @throws IllegalArgumentException if the shapes are incompatible
     */
    public Tensor matmul(Tensor other) {
        return Functions.matmul(this, false, other, false);
    }

    /**
     * The same elements under another shape.
     *
     * @param extents a shape with the same number of elements
     * @return a tensor that shares this one's memory
     * @throws IllegalArgumentException if the number of elements differs
     */
    public Tensor reshape(int... extents) {
        return Functions.reshape(this, Shape.of(extents));
    }

    /**
     * Axes reordered: axis {@code a} of the result is axis {@code axes[a]} of this tensor.
     *
     * @param axes every axis once
     * @return a copy
     * @throws IllegalArgumentException if an axis is missing, unknown or repeated
     */
    public Tensor permute(int... axes) {
        return Functions.permute(this, axes);
    }

    /**
     * {@code this[…, start : start+length, …]} along an axis.
     *
     * @param axis {@code −rank … rank−1}
     * @param start first position, from 0
     * @param length number of positions
     * @return a copy with extent {@code length} along the axis
     * @throws IllegalArgumentException if there is no such axis or the positions exceed it
     */
    public Tensor slice(int axis, int start, int length) {
        return Functions.slice(this, axis, start, length);
    }

    // ---- lifetime ----

    @Nullable
    TensorScope owner() {
        return owner;
    }

    int slot() {
        return slot;
    }

    void own(@Nullable TensorScope scope, int position) {
        owner = scope;
        slot = position;
    }

    /** Releases the memory, unless another tensor shares it. May be called again. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (DEBUG) {
            closedAt = new Throwable("closed here");
        }
        if (owner != null) {
            owner.forget(slot);
            owner = null;
        }
        node = null;
        view.storage().release();
    }

    @Override
    public String toString() {
        return "Tensor" + shape() + " on " + backend.device() + (closed ? " (closed)" : "");
    }
}
