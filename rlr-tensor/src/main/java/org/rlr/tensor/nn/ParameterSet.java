package org.rlr.tensor.nn;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;

/**
 * The parameters of a model in one flat arena, so that an optimiser step is one call. Layers declare what they need under a
 * {@linkplain Prefix name prefix}; then the set is allocated once and filled by the initialisers or from a state dict.
 */
public final class ParameterSet implements AutoCloseable {
    /** Parameters start at multiples of 64 bytes. */
    private static final int ALIGNMENT = 16;

    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private Backend backend;
    private Storage values;
    private Storage gradients;
    private int size;

    /** Part of the name space, as {@code encoder.norm.}; layers take one and declare what they need in it. */
    public final class Prefix {
        private final String prefix;

        private Prefix(String prefix) {
            this.prefix = prefix;
        }

        /** A prefix inside this one. */
        public Prefix sub(String name) {
            return new Prefix(prefix + name + ".");
        }

        /** Declares a parameter. @throws IllegalStateException if the name is taken or the set is allocated already */
        public Parameter declare(String name, Initializer initializer, int... extents) {
            if (values != null) {
                throw new IllegalStateException("parameter " + prefix + name + " is declared after the set was allocated");
            }
            Parameter p = new Parameter(prefix + name, Shape.of(extents), initializer);
            if (parameters.putIfAbsent(p.name(), p) != null) {
                throw new IllegalStateException("two parameters are called " + p.name());
            }
            return p;
        }
    }

    /** The top of the name space. */
    public Prefix root() {
        return new Prefix("");
    }

    /**
     * Allocates the arena.
     *
     * @param training whether gradients are kept too
     */
    public void allocate(Backend device, boolean training) {
        if (values != null) {
            throw new IllegalStateException("allocated already");
        }
        backend = device;
        int at = 0;
        Map<Parameter, Integer> offsets = new LinkedHashMap<>();
        for (Parameter p : parameters.values()) {
            offsets.put(p, at);
            at = Math.addExact(at, (p.shape().elements() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        }
        size = at;
        values = device.allocate(size);
        device.fill(all(values), 0);
        if (training) {
            gradients = device.allocate(size);
            device.fill(all(gradients), 0);
        }
        offsets.forEach((p, offset) -> {
            Tensor t = window(values, offset, p.shape());
            p.allocate(training ? t.gradInto(window(gradients, offset, p.shape())) : t);
        });
    }

    private Tensor window(Storage storage, int offset, Shape shape) {
        storage.retain();
        return Tensor.wrapUnscoped(backend, new View(storage, offset, shape));
    }

    private View all(Storage storage) {
        return new View(storage, 0, Shape.of(size));
    }

    /** Fills every parameter by its initialiser, the i-th declared from stream i of the seed. */
    public void initialize(long seed) {
        long stream = 0;
        for (Parameter p : parameters.values()) {
            backend.upload(p.initializer().values(p.shape(), seed, stream++), 0, p.tensor().view());
        }
    }

    /** All parameters in the order of their declaration. */
    public Collection<Parameter> all() {
        return Collections.unmodifiableCollection(parameters.values());
    }

    /** The number of trainable values. */
    public long count() {
        return parameters.values().stream().mapToLong(p -> p.shape().elements()).sum();
    }

    /** Values by name. */
    public Map<String, float[]> stateDict() {
        Map<String, float[]> state = new LinkedHashMap<>();
        parameters.forEach((name, p) -> state.put(name, p.tensor().toArray()));
        return state;
    }

    /**
     * Where a state dict comes from.
     */
    public interface Source {
        /** The extents of a tensor; null if there is none of that name. */
        int[] shape(String name);

        /** The values of a tensor, row-major. */
        float[] values(String name);
    }

    /**
     * Fills every parameter from a state dict.
     *
     * @param origin what the dict is, for the message: a file and where in it
     * @throws RlrException naming the tensors that are missing or have another shape
     */
    public void load(Source source, String origin) {
        List<String> wrong = new ArrayList<>();
        for (Parameter p : parameters.values()) {
            int[] shape = source.shape(p.name());
            if (shape == null) {
                wrong.add(p.name() + " is missing");
            } else if (!Shape.of(shape).equals(p.shape())) {
                wrong.add(p.name() + " has shape " + Shape.of(shape) + " instead of " + p.shape());
            }
        }
        if (!wrong.isEmpty()) {
            throw new RlrException(origin + " does not fit the configured model: " + String.join(", ", wrong.subList(0, Math.min(8, wrong.size())))
                    + (wrong.size() > 8 ? " and " + (wrong.size() - 8) + " more" : ""));
        }
        for (Parameter p : parameters.values()) {
            backend.upload(source.values(p.name()), 0, p.tensor().view());
        }
    }

    /** Takes over the values of a set of the same declarations on the same backend. */
    public void copyFrom(ParameterSet other) {
        if (!parameters.keySet().equals(other.parameters.keySet()) || size != other.size) {
            throw new IllegalArgumentException("the sets declare different parameters");
        }
        backend.copy(other.all(other.values), all(values));
    }

    /** All values in one array, in the order of their declaration, with gaps of zeros between them. */
    public float[] toArray() {
        float[] array = new float[size];
        backend.download(all(values), array, 0);
        return array;
    }

    /** Takes over all values from {@link #toArray()} of a set of the same declarations. @throws IllegalArgumentException if there are more or fewer */
    public void fromArray(float[] array) {
        if (array.length != size) {
            throw new IllegalArgumentException("an array of " + array.length + " values instead of " + size);
        }
        backend.upload(array, 0, all(values));
    }

    /** Sets every gradient to zero. */
    public void zeroGradients() {
        backend.fill(gradientArena(), 0);
    }

    View valueArena() {
        return all(values);
    }

    View gradientArena() {
        if (gradients == null) {
            throw new IllegalStateException("the parameters were allocated for inference, without gradients");
        }
        return all(gradients);
    }

    Backend backend() {
        return backend;
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        if (values == null) {
            return;
        }
        for (Parameter p : parameters.values()) {
            if (p.tensor().grad() != null) {
                p.tensor().grad().close();
            }
            p.tensor().close();
        }
        values.release();
        if (gradients != null) {
            gradients.release();
        }
        values = null;
        gradients = null;
    }
}
