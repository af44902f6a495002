package org.rlr.tensor.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.io.Unpickler.Tuple;

/** The allowed global names of a PyTorch checkpoint and their values. No name is looked up, loaded or called. */
final class TorchGlobals {
    private static final String ORDERED_DICT = "collections.OrderedDict";
    private static final String TENSOR = "torch._utils._rebuild_tensor_v2";
    private static final String PARAMETER = "torch._utils._rebuild_parameter";
    private static final String NUMPY_DTYPE = "numpy.dtype";
    private static final String ENCODE = "_codecs.encode";
    private static final Set<String> NUMPY_SCALAR =
            Set.of("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar");
    private static final Set<String> FUNCTIONS = Set.of(ORDERED_DICT, TENSOR, PARAMETER, NUMPY_DTYPE, ENCODE);
    private static final String STORAGES = "torch.";
    private static final int MOST_AXES = 64;
    /**
     * The longest byte string, enough for a NumPy scalar. A pickle may request the same one many times, and each
     * request allocates.
     */
    private static final int MOST_BYTES = 64;
    /** Maximum elements of a tensor that exceeds its storage through zero strides. */
    private static final long MOST_REPEATED = 1 << 16;

    private final String origin;
    private final boolean legacy;
    private final Map<String, Storage> storages = new LinkedHashMap<>();

    /** An allowed name. */
    private record Global(String name) {}

    /** A NumPy type, such as {@code f8}. */
    private record NumpyType(String code) {}

    /** A byte string, which protocol 2 stores as a Latin-1 string. */
    private record Bytes(byte[] values) {}

    /** The pickle's description of a storage. */
    record Storage(String key, TorchDType dtype, long elements) {}

    /**
     * @param origin the file, for messages
     * @param legacy whether the file uses the serialisation before PyTorch 1.6
     */
    TorchGlobals(String origin, boolean legacy) {
        this.origin = origin;
        this.legacy = legacy;
    }

    /** The storages that tensors view, by key. */
    Map<String, Storage> storages() {
        return storages;
    }

    /** Returns the value of a name. */
    Object named(String module, String name) {
        String full = module + "." + name;
        TorchDType dtype = module.equals("torch") ? TorchDType.ofStorageClass(name) : null;
        if (dtype != null || FUNCTIONS.contains(full) || NUMPY_SCALAR.contains(full)) {
            return new Global(full);
        }
        throw TorchCheckpoint.refused(
                origin, "it asks for the Python object " + full + ", which a tensor file does not need");
    }

    /** Returns the value of calling a name with arguments. */
    Object reduce(@Nullable Object callable, @Nullable Object arguments) {
        if (!(callable instanceof Global global) || !(arguments instanceof Tuple args)) {
            throw damaged("its pickle calls an object that is not a function");
        }
        return switch (global.name) {
            case ORDERED_DICT -> {
                if (args.size() != 0) {
                    throw TorchCheckpoint.refused(origin, "it creates an OrderedDict from arguments");
                }
                yield new LinkedHashMap<>();
            }
            case TENSOR -> tensor(args);
            case PARAMETER -> {
                if (args.size() != 3 || !(args.get(0) instanceof TorchTensor tensor)) {
                    throw unexpected(PARAMETER, args);
                }
                yield tensor;
            }
            case NUMPY_DTYPE -> {
                if (args.size() != 3 || !(args.get(0) instanceof String code)) {
                    throw unexpected(NUMPY_DTYPE, args);
                }
                yield new NumpyType(code);
            }
            case ENCODE -> encode(args);
            default -> {
                if (NUMPY_SCALAR.contains(global.name)) {
                    yield scalar(args);
                }
                throw TorchCheckpoint.refused(origin, "it calls " + global.name);
            }
        };
    }

    /**
     * Sets an object's state: an OrderedDict's attributes ({@code _metadata}) are dropped, a NumPy type's byte order is
     * checked.
     */
    void build(@Nullable Object object, @Nullable Object state) {
        if (object instanceof LinkedHashMap<?, ?>) {
            return;
        }
        if (object instanceof NumpyType
                && state instanceof Tuple t
                && t.size() >= 2
                && ("<".equals(t.get(1)) || "|".equals(t.get(1)))) {
            return;
        }
        throw TorchCheckpoint.refused(
                origin,
                "it sets attributes of "
                        + (object instanceof NumpyType type
                                ? "the NumPy type " + type.code + " that are not those of a little-endian number"
                                : "an object that has none"));
    }

    /**
     * The storage that a persistent id names: ("storage", class, key, device, elements), and in the legacy format None.
     */
    Storage storage(@Nullable Object id) {
        if (!(id instanceof Tuple t)
                || t.size() != (legacy ? 6 : 5)
                || !"storage".equals(t.get(0))
                || !(t.get(1) instanceof Global type)
                || !type.name.startsWith(STORAGES)
                || !(t.get(2) instanceof String key)
                || !(t.get(4) instanceof Long elements)) {
            throw damaged("its pickle has a persistent id that is not a storage's");
        }
        TorchDType dtype = TorchDType.ofStorageClass(type.name.substring(STORAGES.length()));
        if (dtype == null) {
            throw damaged("its pickle has a storage of type " + type.name);
        }
        if (legacy && t.get(5) != null) {
            throw TorchCheckpoint.refused(origin, "it has views of storages in the format before PyTorch 0.4");
        }
        if (elements < 0 || elements > Long.MAX_VALUE / dtype.bytes()) {
            throw damaged("its storage " + key + " has " + elements + " elements");
        }
        Storage storage = new Storage(key, dtype, elements);
        Storage before = storages.putIfAbsent(key, storage);
        if (before != null && !before.equals(storage)) {
            throw damaged("its storage " + key + " is declared as " + before.elements + " elements of " + before.dtype
                    + " and as " + elements + " of " + dtype);
        }
        return storage;
    }

    private TorchTensor tensor(Tuple args) {
        // (storage, offset, shape, strides, requires_grad, backward hooks)
        if (args.size() != 6
                || !(args.get(0) instanceof Storage storage)
                || !(args.get(1) instanceof Long offset)
                || !(args.get(2) instanceof Tuple shape)
                || !(args.get(3) instanceof Tuple strides)) {
            throw unexpected(TENSOR, args);
        }
        if (shape.size() != strides.size() || shape.size() > MOST_AXES) {
            throw damaged("a tensor has " + shape.size() + " extents and " + strides.size() + " strides");
        }
        TorchTensor tensor = new TorchTensor(storage.dtype, longs(shape), longs(strides), offset, storage.key);
        String what = "a tensor of shape " + shape.items() + ", strides " + strides.items() + " and offset " + offset;
        boolean inside;
        long elements;
        try {
            elements = 1;
            long last = offset;
            for (int i = 0; i < shape.size(); i++) {
                elements = Math.multiplyExact(elements, tensor.shape()[i]);
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, tensor.shape()[i] - 1), tensor.strides()[i]));
            }
            inside = offset >= 0 && (elements == 0 ? offset <= storage.elements : last < storage.elements);
        } catch (ArithmeticException e) {
            throw damaged(what + " is too large");
        }
        if (!inside) {
            throw damaged(what + " reaches beyond its storage of " + storage.elements + " elements");
        }
        if (elements > Math.max(storage.elements, MOST_REPEATED)) {
            throw TorchCheckpoint.refused(origin, what + " repeats a storage of " + storage.elements + " elements");
        }
        return tensor;
    }

    private long[] longs(Tuple values) {
        long[] longs = new long[values.size()];
        for (int i = 0; i < longs.length; i++) {
            if (!(values.get(i) instanceof Long value) || value < 0) {
                throw damaged("a tensor has the extent or stride "
                        + (values.get(i) instanceof Long value ? value : "of another type"));
            }
            longs[i] = value;
        }
        return longs;
    }

    private Bytes encode(Tuple args) {
        if (args.size() != 2 || !(args.get(0) instanceof String text) || !"latin1".equals(args.get(1))) {
            throw unexpected(ENCODE, args);
        }
        if (text.length() > MOST_BYTES) {
            throw TorchCheckpoint.refused(
                    origin, "it calls " + ENCODE + " for " + text.length() + " bytes, more than a number needs");
        }
        byte[] bytes = new byte[text.length()];
        for (int i = 0; i < bytes.length; i++) {
            if (text.charAt(i) > 0xFF) {
                throw damaged("a string of bytes has a character beyond 255");
            }
            bytes[i] = (byte) text.charAt(i);
        }
        return new Bytes(bytes);
    }

    private Object scalar(Tuple args) {
        if (args.size() != 2 || !(args.get(0) instanceof NumpyType type) || !(args.get(1) instanceof Bytes bytes)) {
            throw unexpected("numpy scalar", args);
        }
        ByteBuffer value = ByteBuffer.wrap(bytes.values).order(ByteOrder.LITTLE_ENDIAN);
        String code = type.code + ":" + bytes.values.length;
        return switch (code) {
            case "f8:8" -> value.getDouble();
            case "f4:4" -> (double) value.getFloat();
            case "f2:2" -> (double) HalfPrecision.f16ToFloat(value.getShort());
            case "i8:8" -> value.getLong();
            case "i4:4" -> (long) value.getInt();
            case "b1:1" -> value.get() != 0;
            default ->
                throw TorchCheckpoint.refused(
                        origin,
                        "it holds a NumPy scalar of type " + type.code + " and " + bytes.values.length + " bytes");
        };
    }

    private TensorFileException unexpected(String function, Tuple args) {
        List<String> types = args.items().stream()
                .limit(8)
                .map(a -> a == null ? "None" : a.getClass().getSimpleName())
                .toList();
        return TorchCheckpoint.refused(origin, "it calls " + function + " with unexpected arguments: " + types);
    }

    private TensorFileException damaged(String why) {
        return TorchCheckpoint.damaged(origin, why);
    }
}
