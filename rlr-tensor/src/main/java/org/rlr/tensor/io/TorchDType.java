package org.rlr.tensor.io;

import org.jspecify.annotations.Nullable;

/** The element types of tensors in a PyTorch checkpoint. */
public enum TorchDType {
    /** IEEE binary32. */
    FLOAT32("FloatStorage", 4, true),
    /** IEEE binary64. */
    FLOAT64("DoubleStorage", 8, true),
    /** IEEE binary16. */
    FLOAT16("HalfStorage", 2, true),
    /** The upper half of a binary32. */
    BFLOAT16("BFloat16Storage", 2, true),
    /** Signed 64-bit integer. */
    INT64("LongStorage", 8, false),
    /** Signed 32-bit integer. */
    INT32("IntStorage", 4, false),
    /** Signed 16-bit integer. */
    INT16("ShortStorage", 2, false),
    /** Signed 8-bit integer. */
    INT8("CharStorage", 1, false),
    /** Unsigned 8-bit integer. */
    UINT8("ByteStorage", 1, false),
    /** One byte; zero is false. */
    BOOL("BoolStorage", 1, false);

    private final String storageClass;
    private final int bytes;
    private final boolean floating;

    TorchDType(String storageClass, int bytes, boolean floating) {
        this.storageClass = storageClass;
        this.bytes = bytes;
        this.floating = floating;
    }

    /** {@return bytes per element} */
    public int bytes() {
        return bytes;
    }

    /** {@return whether the elements are floating-point numbers} */
    public boolean isFloating() {
        return floating;
    }

    /** The pickle's storage class for it, in PyTorch's module {@code torch}. */
    String storageClass() {
        return storageClass;
    }

    /** Returns the type of a storage class, or null if the name is unknown. */
    static @Nullable TorchDType ofStorageClass(String name) {
        for (TorchDType type : values()) {
            if (type.storageClass.equals(name)) {
                return type;
            }
        }
        return null;
    }
}
