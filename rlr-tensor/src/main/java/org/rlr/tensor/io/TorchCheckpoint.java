package org.rlr.tensor.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file of {@code torch.save}, opened for reading: the zip archive of PyTorch 1.6 and later, or the legacy
 * serialisation. Reading runs no code: only dicts, lists, tuples, numbers, strings and dense tensors are supported.
 * Anything else in a pickle is refused by name, and so are files that would need too much time or memory for their
 * size. Tensors are read on request. Thread-safe.
 */
public final class TorchCheckpoint implements AutoCloseable {
    private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;
    /** Tensors may share data, like tied weights; all together may be at most this many times as large as the file. */
    private static final int MOST_SHARED = 16;

    private static final int SLACK = 1 << 20;
    private static final byte[] ZIP = {'P', 'K', 3, 4};
    /** The start of a protocol 2 pickle with a ten-byte number: the magic number. */
    private static final byte[] LEGACY = {(byte) 0x80, 2, (byte) 0x8a, 10};

    private final Path path;
    private final TorchData data;
    private final @Nullable Object root;

    private TorchCheckpoint(Path path, TorchData data, @Nullable Object root) {
        this.path = path;
        this.data = data;
        this.root = root;
    }

    /**
     * Opens a file and checks everything except its tensors' values.
     *
     * @param path a file of torch.save
     * @return the file; the caller closes it
     * @throws TensorFileException if the file is missing, unreadable, damaged, not a file of torch.save, or has refused
     *     contents
     */
    public static TorchCheckpoint open(Path path) {
        if (Files.notExists(path)) {
            throw new TensorFileException(
                    TensorFileException.Reason.UNREADABLE, path + " does not exist", "check the path", null);
        }
        if (Files.isDirectory(path)) {
            throw new TensorFileException(
                    TensorFileException.Reason.UNREADABLE,
                    path + " is a folder",
                    "name a file of torch.save (.pth)",
                    null);
        }
        TorchData data = null;
        boolean opened = false;
        try {
            Object value;
            TorchGlobals globals;
            if (startsWith(path, ZIP)) {
                globals = new TorchGlobals(path.toString(), false);
                TorchZip zip = new TorchZip(path);
                data = zip;
                try (InputStream pickle = zip.pickle()) {
                    value = new Unpickler(new PickleInput(pickle, path.toString()), globals).load();
                }
            } else if (startsWith(path, LEGACY)) {
                globals = new TorchGlobals(path.toString(), true);
                TorchLegacy legacy = new TorchLegacy(path, globals);
                data = legacy;
                value = legacy.object();
            } else {
                throw new TensorFileException(
                        TensorFileException.Reason.OTHER_FORMAT,
                        path + " is not a file of torch.save (.pth): its start is neither a zip archive nor the"
                                + " older serialisation",
                        "use another file, or save it again with torch.save",
                        null);
            }
            TorchCheckpoint checkpoint = new TorchCheckpoint(path, data, PickleTree.of(value, path.toString()));
            checkpoint.checkStorages(globals);
            opened = true;
            return checkpoint;
        } catch (IOException e) {
            throw unreadable(path.toString(), e);
        } finally {
            if (!opened && data != null) {
                closeQuietly(data);
            }
        }
    }

    /**
     * Returns whether a file starts like a file of torch.save, in either serialisation (or like another zip archive).
     *
     * @param path an existing file
     * @return whether {@link #open} may be tried
     * @throws TensorFileException if it cannot be read
     */
    public static boolean isTorch(Path path) {
        try {
            return startsWith(path, ZIP) || startsWith(path, LEGACY);
        } catch (IOException e) {
            throw unreadable(path.toString(), e);
        }
    }

    private static boolean startsWith(Path path, byte[] magic) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return java.util.Arrays.equals(in.readNBytes(magic.length), magic);
        }
    }

    private void checkStorages(TorchGlobals globals) throws IOException {
        for (TorchGlobals.Storage storage : globals.storages().values()) {
            long expected = storage.elements() * storage.dtype().bytes();
            long actual = data.bytes(storage.key());
            if (actual != expected) {
                throw damaged(
                        path.toString(),
                        actual < 0
                                ? "the data of its storage " + storage.key() + " are missing"
                                : "its storage " + storage.key() + " should have " + expected + " bytes of "
                                        + storage.dtype() + ", but has " + actual);
            }
        }
        long most = MOST_SHARED * Files.size(path) + SLACK;
        if (bytes(root, most) > most) {
            throw refused(
                    path.toString(),
                    "its tensors share storages so that together they are more than " + MOST_SHARED
                            + " times as large as the file");
        }
    }

    /** Returns the bytes of all tensors of a tree; stops above {@code most}. */
    private static long bytes(@Nullable Object node, long most) {
        if (node instanceof TorchTensor tensor) {
            return tensor.elements() * tensor.dtype().bytes();
        }
        Iterable<?> children =
                node instanceof Map<?, ?> map ? map.values() : node instanceof List<?> list ? list : List.of();
        long sum = 0;
        for (Object child : children) {
            sum += bytes(child, most);
            if (sum > most) {
                return sum;
            }
        }
        return sum;
    }

    /** {@return the file} */
    public Path path() {
        return path;
    }

    /**
     * Returns the saved object: a Map (keys String or Long), List (for lists and tuples), String, Long, BigInteger,
     * Double, Boolean, {@link TorchTensor} or null for None; maps and lists contain these. Immutable. Attributes of
     * OrderedDicts are omitted; a NumPy scalar becomes its number, a Parameter its tensor.
     *
     * @return the top of the tree
     */
    public @Nullable Object root() {
        return root;
    }

    /**
     * Reads a tensor's values, row-major, converted from any type: doubles and integers are rounded to the nearest
     * float, booleans become 0 or 1.
     *
     * @param tensor a tensor of this file
     * @return its elements
     * @throws TensorFileException if its data is damaged or too large for an array
     */
    public float[] readFloats(TorchTensor tensor) {
        float[] values = new float[arrayLength(tensor)];
        TorchDType type = tensor.dtype();
        read(
                tensor,
                (bytes, at, i) -> values[i] = switch (type) {
                    case FLOAT32 -> bytes.getFloat(at);
                    case FLOAT16 -> HalfPrecision.f16ToFloat(bytes.getShort(at));
                    case BFLOAT16 -> HalfPrecision.bf16ToFloat(bytes.getShort(at));
                    case FLOAT64 -> (float) bytes.getDouble(at);
                    default -> integer(type, bytes, at);
                });
        return values;
    }

    /**
     * Reads a tensor's values, row-major, as doubles; exact except for 64-bit integers beyond 2^53.
     *
     * @param tensor a tensor of this file
     * @return its elements
     * @throws TensorFileException as {@link #readFloats}
     */
    public double[] readDoubles(TorchTensor tensor) {
        double[] values = new double[arrayLength(tensor)];
        TorchDType type = tensor.dtype();
        read(
                tensor,
                (bytes, at, i) -> values[i] = switch (type) {
                    case FLOAT64 -> bytes.getDouble(at);
                    case FLOAT32 -> bytes.getFloat(at);
                    case FLOAT16 -> HalfPrecision.f16ToFloat(bytes.getShort(at));
                    case BFLOAT16 -> HalfPrecision.bf16ToFloat(bytes.getShort(at));
                    default -> integer(type, bytes, at);
                });
        return values;
    }

    /**
     * Reads the values of a tensor of integers or booleans, row-major.
     *
     * @param tensor a tensor of this file
     * @return its elements
     * @throws TensorFileException as {@link #readFloats}, or if it holds floating-point numbers
     */
    public long[] readLongs(TorchTensor tensor) {
        if (tensor.dtype().isFloating()) {
            throw new TensorFileException(
                    TensorFileException.Reason.OTHER_TENSORS,
                    path + ": a tensor should hold integers, but its type is " + tensor.dtype(),
                    "use a file made for this purpose",
                    null);
        }
        long[] values = new long[arrayLength(tensor)];
        read(tensor, (bytes, at, i) -> values[i] = integer(tensor.dtype(), bytes, at));
        return values;
    }

    private static long integer(TorchDType type, ByteBuffer bytes, int at) {
        return switch (type) {
            case INT64 -> bytes.getLong(at);
            case INT32 -> bytes.getInt(at);
            case INT16 -> bytes.getShort(at);
            case INT8 -> bytes.get(at);
            case UINT8 -> bytes.get(at) & 0xFF;
            case BOOL -> bytes.get(at) != 0 ? 1 : 0;
            default -> throw new IllegalArgumentException(type + " is not an integer type");
        };
    }

    private interface Element {
        /** Receives element {@code index} of the tensor from byte {@code at}. */
        void take(ByteBuffer bytes, int at, int index);
    }

    private void read(TorchTensor tensor, Element sink) {
        int count = (int) tensor.elements();
        if (count == 0) {
            return;
        }
        int width = tensor.dtype().bytes();
        long span = (tensor.last() - tensor.offset() + 1) * width;
        if (span > MAX_ARRAY) {
            throw tooLarge(tensor);
        }
        ByteBuffer bytes;
        try {
            bytes = ByteBuffer.wrap(data.read(tensor.storage(), tensor.offset() * width, (int) span))
                    .order(data.order());
        } catch (IOException e) {
            throw unreadable(path.toString(), e);
        }
        if (tensor.isContiguous()) {
            for (int i = 0; i < count; i++) {
                sink.take(bytes, i * width, i);
            }
            return;
        }
        long[] shape = tensor.shape();
        long[] strides = tensor.strides();
        long[] index = new long[shape.length];
        long at = 0;
        for (int i = 0; i < count; i++) {
            sink.take(bytes, (int) (at * width), i);
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                at += strides[axis];
                if (++index[axis] < shape[axis]) {
                    break;
                }
                at -= shape[axis] * strides[axis];
                index[axis] = 0;
            }
        }
    }

    private int arrayLength(TorchTensor tensor) {
        if (tensor.elements() > MAX_ARRAY) {
            throw tooLarge(tensor);
        }
        return (int) tensor.elements();
    }

    private TensorFileException tooLarge(TorchTensor tensor) {
        return new TensorFileException(
                TensorFileException.Reason.UNSUPPORTED,
                path + ": the tensor " + tensor + " is too large to read at once",
                "split it",
                null);
    }

    /** Closes the file; reading is no longer possible. May be called again. */
    @Override
    public void close() {
        closeQuietly(data);
    }

    private static void closeQuietly(TorchData data) {
        try {
            data.close();
        } catch (IOException e) {
            // the file was only read, so no data is lost
            System.getLogger(TorchCheckpoint.class.getName())
                    .log(System.Logger.Level.DEBUG, "closing a file failed", e);
        }
    }

    static TensorFileException damaged(String origin, String why) {
        return new TensorFileException(
                TensorFileException.Reason.DAMAGED,
                origin + " is not a usable file of torch.save: " + why,
                "copy or save it again",
                null);
    }

    static TensorFileException refused(String origin, String why) {
        return new TensorFileException(
                TensorFileException.Reason.UNSUPPORTED,
                origin + " is refused without reading its tensors: " + why,
                "save only tensors, as torch.save(model.state_dict(), FILE) does",
                null);
    }

    static TensorFileException unreadable(String origin, IOException e) {
        return new TensorFileException(
                TensorFileException.Reason.UNREADABLE,
                "cannot read " + origin + ": " + IoReason.of(e),
                "check that the file exists and is readable",
                e);
    }
}
