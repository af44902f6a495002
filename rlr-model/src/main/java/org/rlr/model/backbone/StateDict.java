package org.rlr.model.backbone;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.TensorFileException;
import org.rlr.tensor.io.TorchCheckpoint;
import org.rlr.tensor.io.TorchTensor;
import org.rlr.tensor.nn.ParameterSet;

/** Named tensors, as in a file of weights. Lists its names, so that unexpected tensors can be reported. */
public interface StateDict extends ParameterSet.Source {
    /** Prefixes that {@code torch.nn.DataParallel} and {@code torch.compile} add to every name. */
    Pattern WRAPPERS = Pattern.compile("^(?:module\\.|_orig_mod\\.)+");

    /** The empty state dict. */
    StateDict NONE = of(Map.of());

    /**
     * One tensor of a state dict.
     *
     * @param shape sizes, convolutions as {@code [out, in/groups, k, k]}
     * @param values row-major
     */
    record Weight(int[] shape, float[] values) {}

    /** {@return the names of all tensors} */
    Collection<String> names();

    /**
     * Returns the tensors of an open file.
     *
     * @param file must stay open while the dict is read
     * @return the dict
     */
    static StateDict of(SafeTensorsFile file) {
        return new StateDict() {
            @Override
            public Collection<String> names() {
                return file.names();
            }

            @Override
            public int @Nullable [] shape(String name) {
                return file.contains(name)
                        ? Arrays.stream(file.entry(name).shape())
                                .mapToInt(Math::toIntExact)
                                .toArray()
                        : null;
            }

            @Override
            public float[] values(String name) {
                return file.readFloats(name);
            }
        };
    }

    /**
     * Returns the tensors of an open file of torch.save.
     *
     * @param file must stay open while the dict is read
     * @param tensors a dict of the file; values that are not tensors are ignored
     * @return the dict
     * @throws TensorFileException if a tensor is too large for an array
     */
    static StateDict of(TorchCheckpoint file, Map<?, ?> tensors) {
        Map<String, TorchTensor> named = new LinkedHashMap<>();
        tensors.forEach((name, value) -> {
            if (value instanceof TorchTensor tensor) {
                if (Arrays.stream(tensor.shape()).anyMatch(length -> length > Integer.MAX_VALUE)) {
                    throw new TensorFileException(
                            TensorFileException.Reason.UNSUPPORTED,
                            file.path() + ": the tensor " + name + " of shape " + Arrays.toString(tensor.shape())
                                    + " is too large",
                            "split the tensor",
                            null);
                }
                named.put(name.toString(), tensor);
            }
        });
        return new StateDict() {
            @Override
            public Collection<String> names() {
                return named.keySet();
            }

            @Override
            public int @Nullable [] shape(String name) {
                TorchTensor tensor = named.get(name);
                return tensor == null
                        ? null
                        : Arrays.stream(tensor.shape())
                                .mapToInt(Math::toIntExact)
                                .toArray();
            }

            @Override
            public float[] values(String name) {
                TorchTensor tensor = named.get(name);
                if (tensor == null) {
                    throw absent(name);
                }
                return file.readFloats(tensor);
            }
        };
    }

    /**
     * Returns the tensors whose names start with a prefix, without the prefix in their names.
     *
     * @param prefix such as {@code backbone.}
     * @return a view of this dict
     */
    default StateDict under(String prefix) {
        StateDict all = this;
        return new StateDict() {
            @Override
            public Collection<String> names() {
                return all.names().stream()
                        .filter(n -> n.startsWith(prefix))
                        .map(n -> n.substring(prefix.length()))
                        .toList();
            }

            @Override
            public int @Nullable [] shape(String name) {
                return all.shape(prefix + name);
            }

            @Override
            public float[] values(String name) {
                return all.values(prefix + name);
            }
        };
    }

    /**
     * Returns the tensors with their names in the model, without the prefixes of PyTorch's wrappers: {@code module.}
     * and {@code _orig_mod.}, in any number and order.
     *
     * @param origin source of the dict for messages, such as a file
     * @return a view of this dict
     * @throws TensorFileException if two tensors then have the same name
     */
    default StateDict unwrapped(String origin) {
        StateDict all = this;
        Map<String, String> wrapped = new LinkedHashMap<>();
        for (String name : all.names()) {
            String other = wrapped.put(WRAPPERS.matcher(name).replaceFirst(""), name);
            if (other != null) {
                throw new TensorFileException(
                        TensorFileException.Reason.OTHER_TENSORS,
                        origin + " holds one tensor twice, as " + other + " and " + name,
                        "save the state dict of one model only",
                        null);
            }
        }
        return new StateDict() {
            @Override
            public Collection<String> names() {
                return wrapped.keySet();
            }

            @Override
            public int @Nullable [] shape(String name) {
                String inFile = wrapped.get(name);
                return inFile == null ? null : all.shape(inFile);
            }

            @Override
            public float[] values(String name) {
                String inFile = wrapped.get(name);
                if (inFile == null) {
                    throw absent(name);
                }
                return all.values(inFile);
            }
        };
    }

    /**
     * Returns a dict of tensors in memory.
     *
     * @param weights by name; not copied
     * @return the dict
     */
    static StateDict of(Map<String, Weight> weights) {
        return new StateDict() {
            @Override
            public Collection<String> names() {
                return weights.keySet();
            }

            @Override
            public int @Nullable [] shape(String name) {
                Weight weight = weights.get(name);
                return weight == null ? null : weight.shape().clone();
            }

            @Override
            public float[] values(String name) {
                Weight weight = weights.get(name);
                if (weight == null) {
                    throw absent(name);
                }
                return weight.values();
            }
        };
    }

    /**
     * Returns a tensor of this dict.
     *
     * @param name one of {@link #names}
     * @return shape and values
     * @throws IllegalArgumentException if there is no tensor of that name
     */
    default Weight weight(String name) {
        int[] shape = shape(name);
        if (shape == null) {
            throw absent(name);
        }
        return new Weight(shape, values(name));
    }

    private static IllegalArgumentException absent(String name) {
        return new IllegalArgumentException("there is no tensor '" + name + "'");
    }

    /**
     * Reads some tensors of this dict into memory.
     *
     * @param names tensors to read, each of {@link #names}
     * @return a dict of these tensors, in that order
     */
    default StateDict inMemory(Collection<String> names) {
        Map<String, Weight> weights = new LinkedHashMap<>();
        names.forEach(name -> weights.put(name, weight(name)));
        return of(Collections.unmodifiableMap(weights));
    }
}
