package org.rlr.tensor.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;
import org.rlr.tensor.io.TensorFileException;

/**
 * The parameters of a model in one flat arena, so that an optimiser step is one call. Layers declare what they need
 * under a {@linkplain Prefix name prefix}; then the set is allocated once and filled by the initialisers or from a
 * state dict.
 */
public final class ParameterSet implements AutoCloseable {
    /** Parameters start at multiples of 64 bytes. */
    private static final int ALIGNMENT = 16;

    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private @Nullable Backend backend;
    private @Nullable Storage values;
    private @Nullable Storage gradients;
    private int size;
    private boolean frozen;
    /** How many parameters have been frozen. */
    private int packed;

    /** An empty set. */
    public ParameterSet() {}

    /** Part of the name space, as {@code encoder.norm.}; layers take one and declare what they need in it. */
    public final class Prefix {
        private final String prefix;

        private Prefix(String prefix) {
            this.prefix = prefix;
        }

        /**
         * A prefix inside this one.
         *
         * @param name without a dot at the end
         * @return the prefix
         */
        public Prefix sub(String name) {
            return new Prefix(prefix + name + ".");
        }

        /**
         * Declares a parameter.
         *
         * @param name within this prefix
         * @param initializer first values, see {@link ParameterSet#initialize}
         * @param extents the shape
         * @return the parameter, without values until the set is allocated
         * @throws IllegalStateException if the name is taken or the set is allocated already
         */
        public Parameter declare(String name, Initializer initializer, int... extents) {
            return declareWeights(0, name, initializer, extents);
        }

        /**
         * Declares the weights {@code [layers·out, in]} of one or several stacked linear layers, which nothing but
         * {@code linear} multiplies with: {@link #freeze} may reorder them.
         *
         * @param layers how many layers are stacked; 0 for what {@code freeze} leaves as it is
         * @param name within this prefix
         * @param initializer first values, see {@link ParameterSet#initialize}
         * @param extents the shape, {@code layers·out, in}
         * @return the parameter, without values until the set is allocated
         * @throws IllegalStateException if the name is taken or the set is allocated already
         */
        public Parameter declareWeights(int layers, String name, Initializer initializer, int... extents) {
            return declare(layers, name, StateForm.plain(prefix + name, extents), initializer, extents);
        }

        /** The name in a state dict of something within this prefix. */
        String name(String name) {
            return prefix + name;
        }

        Parameter declare(int layers, String name, StateForm form, Initializer initializer, int... extents) {
            if (backend != null) {
                throw new IllegalStateException(
                        "parameter " + prefix + name + " is declared after the set was allocated");
            }
            Parameter p = new Parameter(prefix + name, Shape.of(extents), initializer, layers, form);
            if (parameters.putIfAbsent(p.name(), p) != null) {
                throw new IllegalStateException("two parameters are called " + p.name());
            }
            return p;
        }
    }

    /** {@return the top of the name space} */
    public Prefix root() {
        return new Prefix("");
    }

    /**
     * Allocates the parameters, zeros at first.
     *
     * @param device where to allocate; stays the caller's
     * @param training whether gradients are kept too, and both in one arena; otherwise each parameter stands by itself,
     *     and the set can be {@linkplain #freeze frozen}
     * @throws IllegalStateException if the set is allocated already
     * @throws ResourceException if memory is short
     */
    public void allocate(Backend device, boolean training) {
        requireUnallocated();
        backend = device;
        if (training) {
            allocateArena(device);
            return;
        }
        for (Parameter p : parameters.values()) {
            p.allocate(Tensor.wrapUnscoped(device, View.allocate(device, p.shape())));
            device.fill(p.tensor().view(), 0);
        }
    }

    private void requireUnallocated() {
        if (backend != null) {
            throw new IllegalStateException("allocated already");
        }
    }

    private void allocateArena(Backend device) {
        int at = 0;
        Map<Parameter, Integer> offsets = new LinkedHashMap<>();
        for (Parameter p : parameters.values()) {
            offsets.put(p, at);
            at = Math.addExact(at, (p.shape().elements() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        }
        size = at;
        Storage all = device.allocate(size);
        values = all;
        Storage gradientsOfAll = device.allocate(size);
        gradients = gradientsOfAll;
        device.fill(all(all), 0);
        device.fill(all(gradientsOfAll), 0);
        offsets.forEach((p, offset) -> p.allocate(
                window(device, all, offset, p.shape()).gradInto(window(device, gradientsOfAll, offset, p.shape()))));
    }

    /**
     * Ends the time in which values change, and lets the backend keep the weights of linear layers and convolutions in
     * the order in which it reads them. Does nothing the second time; where memory was short the first time, it
     * resumes.
     *
     * @throws IllegalStateException if the parameters were allocated for training, or not at all
     * @throws ResourceException if memory is short; the parameters can be used, and packed by another call
     */
    public void freeze() {
        if (backend == null || values != null) {
            throw new IllegalStateException("only parameters allocated for inference can be frozen");
        }
        if (frozen) {
            return;
        }
        List<Parameter> all = List.copyOf(parameters.values());
        for (; packed < all.size(); packed++) {
            Parameter p = all.get(packed);
            if (p.layers() > 0) {
                Tensor plain = p.tensor();
                p.allocate(Tensor.wrapUnscoped(
                        backend, View.over(backend.packWeights(plain.view(), p.layers()), p.shape())));
                plain.close();
            }
        }
        frozen = true;
    }

    /**
     * Allocates the parameters, fills them from a state dict and freezes them: what a network needs that is never
     * trained. If that fails the set is closed.
     *
     * @param device where to allocate; stays the caller's
     * @param source gives shapes and values
     * @param origin what the dict is, for the message: a file and where in it
     * @throws IllegalStateException if the set is allocated already
     * @throws ResourceException as {@link #allocate}
     * @throws TensorFileException as {@link #load}
     */
    public void loadFrozen(Backend device, Source source, String origin) {
        requireUnallocated();
        try {
            requireFits(source, origin);
            allocate(device, false);
            load(source, origin);
            freeze();
        } catch (Throwable t) {
            close();
            throw t;
        }
    }

    private void requireChangeable() {
        if (packed > 0 || frozen) {
            throw new IllegalStateException("the parameters are frozen");
        }
    }

    private static Tensor window(Backend device, Storage storage, int offset, Shape shape) {
        View window = new View(storage, offset, shape);
        storage.retain();
        return Tensor.wrapUnscoped(device, window);
    }

    private View all(Storage storage) {
        return new View(storage, 0, Shape.of(size));
    }

    /**
     * Fills every parameter by its initialiser, the i-th declared from stream i of the seed.
     *
     * @param seed of the random streams
     * @throws IllegalStateException if the set is frozen
     */
    public void initialize(long seed) {
        requireChangeable();
        long stream = 0;
        for (Parameter p : parameters.values()) {
            backend()
                    .upload(
                            p.initializer().values(p.shape(), seed, stream++),
                            0,
                            p.tensor().view());
        }
    }

    /** {@return all parameters in the order of their declaration} */
    public Collection<Parameter> all() {
        return Collections.unmodifiableCollection(parameters.values());
    }

    /** {@return the number of trainable values} */
    public long count() {
        return parameters.values().stream().mapToLong(p -> p.shape().elements()).sum();
    }

    /**
     * Copies of the values as a state dict holds them, row-major, by name, in the order of declaration.
     *
     * @return values by name, see {@link Parameter#stateValues}
     * @throws IllegalStateException before {@link #allocate}, or if several tensors are folded into one parameter
     */
    public Map<String, float[]> stateDict() {
        Map<String, float[]> state = new LinkedHashMap<>();
        parameters.forEach((name, p) -> state.put(name, p.stateValues()));
        return state;
    }

    /**
     * The tensors that {@link #load} reads from a state dict, in the order of declaration; for a folded convolution
     * those of the convolution and of its batch normalisation. The set need not be allocated.
     *
     * @return extents by name, filters as {@code [out, in/groups, k, k]}; a new map
     */
    public Map<String, int[]> stateShapes() {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        parameters.values().forEach(p -> shapes.putAll(p.form().shapes()));
        return shapes;
    }

    /** Where a state dict comes from. */
    public interface Source {
        /**
         * The extents of a tensor.
         *
         * @param name as in {@link Parameter#name}
         * @return the extents; null if there is no tensor of that name
         */
        int @Nullable [] shape(String name);

        /**
         * The values of a tensor, row-major.
         *
         * @param name one for which {@link #shape} gives extents
         * @return the values
         */
        float[] values(String name);
    }

    /**
     * Checks that a state dict has a value for every parameter; to be called before {@link #allocate}, so that a file
     * that has not what its description asks for costs no memory.
     *
     * @param source gives shapes and values
     * @param origin what the dict is, for the message: a file and where in it
     * @throws TensorFileException naming the tensors that are missing or have another shape
     */
    public void requireFits(Source source, String origin) {
        List<String> wrong = new ArrayList<>();
        stateShapes().forEach((name, expected) -> {
            int[] shape = source.shape(name);
            if (shape == null) {
                wrong.add(name + " is missing");
            } else if (!Arrays.equals(shape, expected)) {
                wrong.add(name + " has shape " + Arrays.toString(shape) + " instead of " + Arrays.toString(expected));
            }
        });
        if (!wrong.isEmpty()) {
            throw new TensorFileException(
                    TensorFileException.Reason.OTHER_TENSORS,
                    origin + " does not fit the configured model: "
                            + String.join(", ", wrong.subList(0, Math.min(8, wrong.size())))
                            + (wrong.size() > 8 ? " and " + (wrong.size() - 8) + " more" : ""),
                    "",
                    null);
        }
    }

    /**
     * Fills every parameter from a state dict.
     *
     * @param source gives shapes and values
     * @param origin what the dict is, for the message: a file and where in it
     * @throws TensorFileException as {@link #requireFits}, or naming a tensor whose values are not finite
     * @throws IllegalStateException if the set is frozen
     */
    public void load(Source source, String origin) {
        requireFits(source, origin);
        requireChangeable();
        for (Parameter p : parameters.values()) {
            float[] values = p.form().read().apply(source);
            backend().upload(requireFinite(values, p, origin), 0, p.tensor().view());
        }
    }

    /** What is computed with one that is not finite is not a number, and compares with no threshold. */
    private static float[] requireFinite(float[] values, Parameter p, String origin) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                Set<String> tensors = p.form().shapes().keySet();
                throw new TensorFileException(
                        TensorFileException.Reason.DAMAGED,
                        origin + ": "
                                + (tensors.size() == 1
                                        ? "the tensor " + p.name() + " holds "
                                        : "the tensors " + String.join(", ", tensors) + " give ")
                                + value + ", as after a training that diverged, or because the file is damaged",
                        "take an earlier or another file, or train again with a lower `learningRate`",
                        null);
            }
        }
        return values;
    }

    /**
     * Takes over the values of a set of the same declarations on the same backend, which is not frozen.
     *
     * @param other allocated on the same backend
     * @throws IllegalStateException if one of the sets is frozen
     * @throws IllegalArgumentException if the names differ
     */
    public void copyFrom(ParameterSet other) {
        requireChangeable();
        other.requireChangeable();
        if (parameters.size() != other.parameters.size()) {
            throw new IllegalArgumentException("the sets declare different parameters");
        }
        for (Parameter p : parameters.values()) {
            Parameter theirs = other.parameters.get(p.name());
            if (theirs == null) {
                throw new IllegalArgumentException("the other set declares no parameter " + p.name());
            }
            backend().copy(theirs.tensor().view(), p.tensor().view());
        }
    }

    /**
     * All values of a set allocated for training in one array, in the order of their declaration, with gaps of zeros
     * between them.
     *
     * @return a copy
     */
    public float[] toArray() {
        float[] array = new float[size];
        backend().download(valueArena(), array, 0);
        return array;
    }

    /**
     * Takes over all values from {@link #toArray()} of a set of the same declarations.
     *
     * @param array of {@link #toArray()}
     * @throws IllegalArgumentException if there are more or fewer
     */
    public void fromArray(float[] array) {
        if (array.length != size) {
            throw new IllegalArgumentException("an array of " + array.length + " values instead of " + size);
        }
        backend().upload(array, 0, valueArena());
    }

    /** Sets every gradient to zero. */
    public void zeroGradients() {
        backend().fill(gradientArena(), 0);
    }

    View valueArena() {
        return all(requireTraining(values));
    }

    View gradientArena() {
        return all(requireTraining(gradients));
    }

    private static Storage requireTraining(@Nullable Storage arena) {
        if (arena == null) {
            throw new IllegalStateException("the parameters were allocated for inference, without gradients");
        }
        return arena;
    }

    Backend backend() {
        if (backend == null) {
            throw new IllegalStateException("the parameters are not allocated");
        }
        return backend;
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        if (backend == null) {
            return;
        }
        for (Parameter p : parameters.values()) {
            p.close();
        }
        if (values != null) {
            values.release();
        }
        if (gradients != null) {
            gradients.release();
        }
        backend = null;
        values = null;
        gradients = null;
    }
}
