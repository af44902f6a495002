package org.rlr.tensor.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the pickle of a file for torch.load (protocol 2): no memo; every tensor has its own storage, numbered in
 * order.
 */
final class Pickler {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final List<TorchWriter.Floats> tensors = new ArrayList<>();

    /** Returns the pickle of an object, see {@link TorchWriter#write}. */
    byte[] pickle(@Nullable Object root) {
        op(0x80).write(2);
        value(root);
        op('.');
        return out.toByteArray();
    }

    /** Returns the pickled tensors; a storage's key is its index here. */
    List<TorchWriter.Floats> tensors() {
        return tensors;
    }

    private void value(@Nullable Object value) {
        if (value == null) {
            op('N');
        } else if (value instanceof Boolean flag) {
            op(flag ? 0x88 : 0x89);
        } else if (value instanceof Integer || value instanceof Long) {
            integer(((Number) value).longValue());
        } else if (value instanceof Double number) {
            op('G').writeBytes(
                            ByteBuffer.allocate(Double.BYTES).putDouble(number).array());
        } else if (value instanceof String text) {
            string(text);
        } else if (value instanceof List<?> list) {
            op(']').write('(');
            list.forEach(this::value);
            op('e');
        } else if (value instanceof Map<?, ?> map) {
            orderedDict();
            op('(');
            map.forEach((key, item) -> {
                string((String) key);
                value(item);
            });
            op('u');
        } else if (value instanceof TorchWriter.Floats tensor) {
            tensor(tensor);
        } else {
            throw new IllegalArgumentException("a " + value.getClass().getName() + " cannot be written for PyTorch");
        }
    }

    /** {@code torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())}. */
    private void tensor(TorchWriter.Floats tensor) {
        global("torch._utils", "_rebuild_tensor_v2");
        op('(').write('(');
        string("storage");
        global("torch", TorchDType.FLOAT32.storageClass());
        string(Integer.toString(tensors.size()));
        string("cpu");
        integer(tensor.values().length);
        op('t').write('Q');
        integer(0);
        long[] shape = tensor.shape();
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= Math.max(1, shape[i]);
        }
        tuple(shape);
        tuple(strides);
        op(0x89);
        orderedDict();
        op('t').write('R');
        tensors.add(tensor);
    }

    private void tuple(long[] values) {
        op('(');
        for (long value : values) {
            integer(value);
        }
        op('t');
    }

    private void orderedDict() {
        global("collections", "OrderedDict");
        op(')').write('R');
    }

    private void global(String module, String name) {
        op('c').writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        op('X').writeBytes(littleEndian(bytes.length));
        out.writeBytes(bytes);
    }

    private void integer(long value) {
        if (value == (int) value) {
            op('J').writeBytes(littleEndian((int) value));
        } else {
            op(0x8a).write(Long.BYTES);
            out.writeBytes(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(value)
                    .array());
        }
    }

    private static byte[] littleEndian(int value) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }

    private ByteArrayOutputStream op(int opcode) {
        out.write(opcode);
        return out;
    }
}
