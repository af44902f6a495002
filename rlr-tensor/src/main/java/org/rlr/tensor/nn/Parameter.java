package org.rlr.tensor.nn;

import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;

/**
 * A trainable tensor of a {@link ParameterSet}: its name in a state dict, its shape and, once the set is allocated, its
 * values.
 */
public final class Parameter {
    private final String name;
    private final Shape shape;
    private final Initializer initializer;
    private final int layers;
    private Tensor value;

    /** @param layers of how many linear layers these are the stacked weights; 0 for anything else */
    Parameter(String name, Shape shape, Initializer initializer, int layers) {
        this.name = name;
        this.shape = shape;
        this.initializer = initializer;
        this.layers = layers;
    }

    int layers() {
        return layers;
    }

    /** {@return the name in a state dict, {@code encoder.encode_layers.0.mca.in_proj_weight}} */
    public String name() {
        return name;
    }

    /** {@return the extents} */
    public Shape shape() {
        return shape;
    }

    Initializer initializer() {
        return initializer;
    }

    void allocate(Tensor tensor) {
        value = tensor;
    }

    /**
     * The values.
     *
     * @return the tensor, which the set closes
     * @throws IllegalStateException before {@link ParameterSet#allocate}
     */
    public Tensor tensor() {
        if (value == null) {
            throw new IllegalStateException("parameter " + name + " is used before its set is allocated");
        }
        return value;
    }
}
