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
 * The parameters of a model in one flat arena, so that an optimiser step is one call. Layers declare their parameters
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
    /** The number of frozen parameters. */
    private int packed;

    /** An empty set. */
    public ParameterSet() {}

    /** A name prefix, such as {@code encoder.norm.}, under which a layer declares its parameters. */
    public final class Prefix {
        private final String prefix;

        private Prefix(String prefix) {
            this.prefix = prefix;
        }

        /**
         * Returns a prefix inside this one.
         *
         * @param name a name without a trailing dot
         * @return the prefix
         */
        public Prefix sub(String name) {
            return new Prefix(prefix + name + ".");
        }

        /**
         * Declares a parameter.
         *
         * @param name within this prefix
         * @param initializer initial values, see {@link ParameterSet#initialize}
         * @param extents the shape
         * @return the parameter, without values until the set is allocated
         * @throws IllegalStateException if the name is taken or the set is allocated already
         */
        public Parameter declare(String name, Initializer initializer, int... extents) {
            return declareWeights(0, name, initializer, extents);
        }

        /**
         * Declares the weights {@code [layers·out, in]} of one or several stacked linear layers, used only by
         * {@code linear}: {@link #freeze} may reorder them.
         *
         * @param layers number of stacked layers; 0 for weights that {@code freeze} must not reorder
         * @param name within this prefix
         * @param initializer initial values, see {@link ParameterSet#initialize}
         * @param extents the shape, {@code layers·out, in}
         * @return the parameter, without values until the set is allocated
         * @throws IllegalStateException if the name is taken or the set is allocated already
         */
        public Parameter declareWeights(int layers, String name, Initializer initializer, int... extents) {
            return declare(layers, name, StateForm.plain(prefix + name, extents), initializer, extents);
        }

        /** Returns the full name in a state dict of a name within this prefix. */
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
                throw new IllegalStateException("two parameters have the name " + p.name());
            }
            return p;
        }
    }

    /** {@return the empty prefix} */
    public Prefix root() {
        return new Prefix("");
    }

    /**
     * Allocates the parameters and fills them with zeros.
     *
     * @param device the backend to allocate on; the caller closes it
     * @param training whether to allocate gradients too and use one arena; otherwise each parameter has its own
     *     storage, and the set can be {@linkplain #freeze frozen}
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
            throw new IllegalStateException("the parameters are already allocated");
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
     * Makes the values constant, and lets the backend reorder the weights of linear layers and convolutions for fast
     * access. A second call does nothing, or resumes if the first ran out of memory.
     *
     * @throws IllegalStateException if the parameters are allocated for training or not allocated
     * @throws ResourceException if there is not enough memory; the parameters remain usable, and another call resumes
     */
    public void freeze() {
        if (backend == null || values != null) {
            throw new IllegalStateException("freeze() needs parameters that are allocated for inference");
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
     * Allocates the parameters, fills them from a state dict and freezes them, for a network that is not trained.
     * Closes the set on failure.
     *
     * @param device the backend to allocate on; the caller closes it
     * @param source provides shapes and values
     * @param origin name of the dict for messages: a file and the place in it
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
     * Fills every parameter with its initialiser; the i-th declared uses stream i of the seed.
     *
     * @param seed seed of the random streams
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

    /** {@return all parameters in declaration order} */
    public Collection<Parameter> all() {
        return Collections.unmodifiableCollection(parameters.values());
    }

    /** {@return the number of trainable values} */
    public long count() {
        return parameters.values().stream().mapToLong(p -> p.shape().elements()).sum();
    }

    /**
     * Returns copies of the values as a state dict holds them, row-major, by name, in declaration order.
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
     * Returns the shapes of the tensors that {@link #load} reads from a state dict, in declaration order; for a folded
     * convolution those of the convolution and of its batch normalisation. The set need not be allocated.
     *
     * @return extents by name, filters as {@code [out, in/groups, k, k]}; a new map
     */
    public Map<String, int[]> stateShapes() {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        parameters.values().forEach(p -> shapes.putAll(p.form().shapes()));
        return shapes;
    }

    /** A source of a state dict's tensors. */
    public interface Source {
        /**
         * Returns the extents of a tensor.
         *
         * @param name a name as in {@link Parameter#name}
         * @return the extents; null if there is no tensor of that name
         */
        int @Nullable [] shape(String name);

        /**
         * Returns the values of a tensor, row-major.
         *
         * @param name a name for which {@link #shape} returns extents
         * @return the values
         */
        float[] values(String name);
    }

    /**
     * Checks that a state dict has every parameter's tensor. Call it before {@link #allocate}, so that an incomplete
     * file costs no memory.
     *
     * @param source provides shapes and values
     * @param origin name of the dict for messages: a file and the place in it
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
     * @param source provides shapes and values
     * @param origin name of the dict for messages: a file and the place in it
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

    /** Checks that all values are finite: others give NaN scores, which no threshold detects. */
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
                                + value + ": the training diverged or the file is damaged",
                        "use an earlier or another file, or train again with a lower `learningRate`",
                        null);
            }
        }
        return values;
    }

    /**
     * Copies the values of another set with the same declarations on the same backend.
     *
     * @param other a set that is allocated on the same backend and not frozen
     * @throws IllegalStateException if either set is frozen
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
     * Returns all values of a set allocated for training in one array, in declaration order, with gaps of zeros between
     * them.
     *
     * @return a copy
     */
    public float[] toArray() {
        float[] array = new float[size];
        backend().download(valueArena(), array, 0);
        return array;
    }

    /**
     * Sets all values from {@link #toArray()} of a set with the same declarations.
     *
     * @param array result of {@link #toArray()}
     * @throws IllegalArgumentException if the number of values differs
     */
    public void fromArray(float[] array) {
        if (array.length != size) {
            throw new IllegalArgumentException("an array of " + array.length + " values, expected " + size);
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

    /** Releases the memory. */
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
