package org.rlr.cuda.driver;

import jcuda.driver.CUdeviceptr;
import org.jspecify.annotations.Nullable;

/** A block of device memory. Its {@link DeviceAllocator} frees it. */
public final class DeviceBuffer {
    private final Address address = new Address();
    private final long bytes;
    /** The caller that allocated it, if recorded. */
    private @Nullable String origin;
    /** Whether only graphs may use it. */
    private boolean reserved;

    DeviceBuffer(long bytes) {
        this.bytes = bytes;
    }

    /** JCuda's pointer with access to its address: kernels take addresses by value. */
    private static final class Address extends CUdeviceptr {
        long value() {
            return getNativePointer();
        }
    }

    CUdeviceptr pointer() {
        return address;
    }

    /** JCuda's pointer to a byte of the block, for library calls. */
    public CUdeviceptr pointer(long byteOffset) {
        return address.withByteOffset(byteOffset);
    }

    /** The device address of the first byte. */
    public long address() {
        return address.value();
    }

    /** Its size in bytes. */
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
