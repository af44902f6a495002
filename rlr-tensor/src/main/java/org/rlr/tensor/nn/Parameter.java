package org.rlr.tensor.nn;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;

/** A tensor of a {@link ParameterSet}: its name in a state dict, its shape and, after allocation, its values. */
public final class Parameter {
    private final String name;
    private final Shape shape;
    private final Initializer initializer;
    private final int layers;
    private final StateForm form;
    private @Nullable Tensor value;

    /** @param layers number of linear layers or convolutions whose weights are stacked here; 0 for other parameters */
    Parameter(String name, Shape shape, Initializer initializer, int layers, StateForm form) {
        this.name = name;
        this.shape = shape;
        this.initializer = initializer;
        this.layers = layers;
        this.form = form;
    }

    int layers() {
        return layers;
    }

    /** {@return the name in a state dict, for example {@code encoder.encode_layers.0.mca.in_proj_weight}} */
    public String name() {
        return name;
    }

    /** {@return the extents} */
    public Shape shape() {
        return shape;
    }

    StateForm form() {
        return form;
    }

    /**
     * Returns the extents in a state dict: {@link #shape}, except that PyTorch stores the filters of a {@link Conv2d}
     * as {@code [out, in/groups, k, k]}.
     *
     * @return a new array
     * @throws IllegalStateException if several tensors are folded into this one
     */
    public int[] stateShape() {
        int[] stateShape = form.shapes().get(name);
        if (form.write() == null || stateShape == null) {
            throw folded();
        }
        return stateShape.clone();
    }

    /**
     * Returns the values in a state dict, row-major with shape {@link #stateShape}.
     *
     * @return a copy
     * @throws IllegalStateException before {@link ParameterSet#allocate}, or if several tensors are folded into this
     *     one
     */
    public float[] stateValues() {
        UnaryOperator<float[]> write = form.write();
        if (write == null) {
            throw folded();
        }
        return write.apply(tensor().toArray());
    }

    private IllegalStateException folded() {
        return new IllegalStateException(
                "parameter " + name + " is folded from " + form.shapes().keySet() + "; the fold cannot be reversed");
    }

    Initializer initializer() {
        return initializer;
    }

    void allocate(Tensor tensor) {
        value = tensor;
    }

    /**
     * Returns the values.
     *
     * @return the tensor; the set closes it
     * @throws IllegalStateException before {@link ParameterSet#allocate}
     */
    public Tensor tensor() {
        if (value == null) {
            throw new IllegalStateException("parameter " + name + " is used before its set is allocated");
        }
        return value;
    }

    /** Releases the memory, if it was allocated. */
    void close() {
        if (value != null) {
            if (value.grad() != null) {
                value.grad().close();
            }
            value.close();
        }
    }
}
