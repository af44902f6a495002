package org.rlr.cuda.driver;

import jcuda.driver.CUdeviceptr;
import org.jspecify.annotations.Nullable;

/** A block of device memory. It is its {@link DeviceAllocator}'s to free. */
public final class DeviceBuffer {
    private final Address address = new Address();
    private final long bytes;
    /** Who asked for it, where that is kept. */
    private @Nullable String origin;
    /** Whether it belongs to what graphs compute with, and is not for others. */
    private boolean reserved;

    DeviceBuffer(long bytes) {
        this.bytes = bytes;
    }

    /** JCuda's pointer with its number made visible: kernels take addresses by value. */
    private static final class Address extends CUdeviceptr {
        long value() {
            return getNativePointer();
        }
    }

    CUdeviceptr pointer() {
        return address;
    }

    /** JCuda's pointer to a byte of the block, for calls of libraries. */
    public CUdeviceptr pointer(long byteOffset) {
        return address.withByteOffset(byteOffset);
    }

    /** The device address of the first byte. */
    public long address() {
        return address.value();
    }

    /** Its length. */
    public long bytes() {
        return bytes;
    }

    @Nullable
    String origin() {
        return origin;
    }

    boolean reserved() {
        return reserved;
    }

    void reserved(boolean is) {
        reserved = is;
    }

    void origin(String name) {
        origin = name;
    }
}
