package org.rlr.tensor.io;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.rlr.tensor.ResourceException;

/**
 * Builds a SafeTensors file and writes it. The same calls give the same bytes: metadata is sorted by key; tensors with
 * larger elements come first, which keeps all data aligned, otherwise in insertion order. Arrays are not copied and
 * must not change before {@link #write}.
 */
public final class SafeTensorsWriter {
    private static final int PIECE_BYTES = 1 << 16;

    private final Map<String, String> metadata = new TreeMap<>();
    private final Map<String, Pending> tensors = new LinkedHashMap<>();

    /** Writes elements {@code from} to {@code from + count} to the little-endian buffer. */
    private interface Encoder {
        void put(ByteBuffer piece, int from, int count);
    }

    private record Pending(String name, DType dtype, long[] shape, int elements, Encoder encoder) {}

    /** Creates a writer without metadata and tensors. */
    public SafeTensorsWriter() {}

    /**
     * Sets a metadata value and replaces an earlier one with the same key.
     *
     * @param key any text
     * @param value any text
     * @return this writer
     * @throws IllegalArgumentException if a text has an unpaired surrogate
     */
    public SafeTensorsWriter metadata(String key, String value) {
        requireText(key);
        requireText(value);
        metadata.put(key, value);
        return this;
    }

    /**
     * Adds a tensor of type F32.
     *
     * @param name of the tensor
     * @param shape its extents; empty for a scalar
     * @param values row-major
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or reserved, or shape and values do not match
     */
    public SafeTensorsWriter add(String name, long[] shape, float[] values) {
        return add(name, DType.F32, shape, values);
    }

    /**
     * Adds a tensor of type F32, F16 or BF16; values are rounded to the 16-bit types, to nearest, ties to even.
     *
     * @param name of the tensor
     * @param dtype F32, F16 or BF16
     * @param shape its extents; empty for a scalar
     * @param values row-major
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or reserved, shape and values do not match, or the type is
     *     another one
     */
    public SafeTensorsWriter add(String name, DType dtype, long[] shape, float[] values) {
        return add(
                name,
                dtype,
                shape,
                values.length,
                switch (dtype) {
                    case F32 -> (piece, from, count) -> piece.asFloatBuffer().put(values, from, count);
                    case F16 ->
                        (piece, from, count) -> {
                            for (int i = 0; i < count; i++) {
                                piece.putShort(2 * i, HalfPrecision.floatToF16(values[from + i]));
                            }
                        };
                    case BF16 ->
                        (piece, from, count) -> {
                            for (int i = 0; i < count; i++) {
                                piece.putShort(2 * i, HalfPrecision.floatToBf16(values[from + i]));
                            }
                        };
                    case F64, I64, I32, U8, BOOL ->
                        throw new IllegalArgumentException(name + ": floats cannot be written as " + dtype);
                });
    }

    /**
     * Adds a tensor of type F64.
     *
     * @param name of the tensor
     * @param shape its extents; empty for a scalar
     * @param values row-major
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or reserved, or shape and values do not match
     */
    public SafeTensorsWriter add(String name, long[] shape, double[] values) {
        return add(
                name,
                DType.F64,
                shape,
                values.length,
                (piece, from, count) -> piece.asDoubleBuffer().put(values, from, count));
    }

    /**
     * Adds a tensor of type I64.
     *
     * @param name of the tensor
     * @param shape its extents; empty for a scalar
     * @param values row-major
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or reserved, or shape and values do not match
     */
    public SafeTensorsWriter add(String name, long[] shape, long[] values) {
        return add(
                name,
                DType.I64,
                shape,
                values.length,
                (piece, from, count) -> piece.asLongBuffer().put(values, from, count));
    }

    /**
     * Adds a tensor of type I32.
     *
     * @param name of the tensor
     * @param shape its extents; empty for a scalar
     * @param values row-major
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or reserved, or shape and values do not match
     */
    public SafeTensorsWriter add(String name, long[] shape, int[] values) {
        return add(
                name,
                DType.I32,
                shape,
                values.length,
                (piece, from, count) -> piece.asIntBuffer().put(values, from, count));
    }

    /**
     * Adds a tensor of type U8.
     *
     * @param name of the tensor
     * @param shape its extents; empty for a scalar
     * @param values row-major
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or reserved, or shape and values do not match
     */
    public SafeTensorsWriter add(String name, long[] shape, byte[] values) {
        return addBytes(name, DType.U8, shape, ByteBuffer.wrap(values));
    }

    /**
     * Adds a tensor of type BOOL.
     *
     * @param name of the tensor
     * @param shape its extents; empty for a scalar
     * @param values row-major
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or reserved, or shape and values do not match
     */
    public SafeTensorsWriter add(String name, long[] shape, boolean[] values) {
        return add(name, DType.BOOL, shape, values.length, (piece, from, count) -> {
            for (int i = 0; i < count; i++) {
                piece.put(i, (byte) (values[from + i] ? 1 : 0));
            }
        });
    }

    /**
     * Adds a tensor of any type from its little-endian bytes, as returned by {@link SafeTensorsFile#bytes}.
     *
     * @param name of the tensor
     * @param dtype its element type
     * @param shape its extents; empty for a scalar
     * @param bytes the remaining bytes of the buffer, row-major
     * @return this writer
     * @throws IllegalArgumentException if the name is taken or reserved, or shape and bytes do not match
     */
    public SafeTensorsWriter addBytes(String name, DType dtype, long[] shape, ByteBuffer bytes) {
        ByteBuffer source = bytes.slice();
        if (source.limit() % dtype.bytes() != 0) {
            throw new IllegalArgumentException(
                    name + ": " + source.limit() + " bytes are not a whole number of elements of " + dtype);
        }
        int width = dtype.bytes();
        return add(
                name,
                dtype,
                shape,
                source.limit() / width,
                (piece, from, count) -> piece.put(0, source, from * width, count * width));
    }

    /**
     * Writes the file atomically, see {@link AtomicFile}.
     *
     * @param path the target; replaced if it exists
     * @throws ResourceException if it cannot be written; an existing file is then unchanged
     */
    public void write(Path path) {
        List<Pending> ordered = new ArrayList<>(tensors.values());
        ordered.sort(Comparator.comparingInt((Pending tensor) -> -tensor.dtype.bytes()));
        byte[] header = header(ordered);
        AtomicFile.write(path, out -> {
            out.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length)
                    .array());
            out.write(header);
            for (Pending tensor : ordered) {
                writeData(tensor, out);
            }
        });
    }

    private SafeTensorsWriter add(String name, DType dtype, long[] shape, int elements, Encoder encoder) {
        requireText(name);
        if (name.equals(SafeTensorsHeader.METADATA)) {
            throw new IllegalArgumentException("the tensor name " + name + " is reserved");
        }
        long product = 1;
        for (long length : shape) {
            if (length < 0) {
                throw new IllegalArgumentException(name + ": the shape has the negative extent " + length);
            }
            product = Math.multiplyExact(product, length);
        }
        if (product != elements) {
            throw new IllegalArgumentException(
                    name + ": the shape has " + product + " elements, the values " + elements);
        }
        if (tensors.putIfAbsent(name, new Pending(name, dtype, shape.clone(), elements, encoder)) != null) {
            throw new IllegalArgumentException("the tensor " + name + " was added twice");
        }
        return this;
    }

    private byte[] header(List<Pending> ordered) {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            if (!metadata.isEmpty()) {
                json.name(SafeTensorsHeader.METADATA).beginObject();
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.name(entry.getKey()).value(entry.getValue());
                }
                json.endObject();
            }
            long position = 0;
            for (Pending tensor : ordered) {
                json.name(tensor.name)
                        .beginObject()
                        .name("dtype")
                        .value(tensor.dtype.name())
                        .name("shape")
                        .beginArray();
                for (long length : tensor.shape) {
                    json.value(length);
                }
                long end = position + (long) tensor.elements * tensor.dtype.bytes();
                json.endArray()
                        .name("data_offsets")
                        .beginArray()
                        .value(position)
                        .value(end)
                        .endArray()
                        .endObject();
                position = end;
            }
            json.endObject();
        } catch (IOException e) {
            throw new IllegalStateException("writing to a string failed", e);
        }
        byte[] json = text.toString().getBytes(StandardCharsets.UTF_8);
        if (json.length > SafeTensorsFile.MAX_HEADER_BYTES - 8) {
            throw new IllegalStateException("the header of " + json.length + " bytes is longer than the format allows");
        }
        // padded with spaces so that the data start at a multiple of 8
        byte[] header = Arrays.copyOf(json, json.length + Math.floorMod(-json.length, 8));
        Arrays.fill(header, json.length, header.length, (byte) ' ');
        return header;
    }

    private static void writeData(Pending tensor, OutputStream out) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        int width = tensor.dtype.bytes();
        int step = PIECE_BYTES / width;
        int count;
        for (int from = 0; from < tensor.elements; from += count) {
            count = Math.min(step, tensor.elements - from);
            tensor.encoder.put(piece, from, count);
            out.write(piece.array(), 0, count * width);
        }
    }

    private static void requireText(String text) {
        try {
            StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the text has an unpaired surrogate, which UTF-8 cannot encode", e);
        }
    }
}
