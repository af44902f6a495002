package org.rlr.cuda.driver;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Pinned host memory, which the card can copy to and from while the host continues. */
final class PinnedBuffer implements AutoCloseable {
    private final Context context;
    private final Pointer pointer = new Pointer();
    private final FloatBuffer floats;

    PinnedBuffer(Context context, int elements) {
        this.context = context;
        context.enter();
        try {
            JCudaDriver.cuMemAllocHost(pointer, 4L * elements);
        } catch (CudaException e) {
            throw CudaFailure.of("pinning " + 4L * elements + " bytes of host memory", e);
        }
        ByteBuffer bytes = pointer.getByteBuffer(0, 4L * elements);
        floats = bytes.order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    Pointer pointer() {
        return pointer;
    }

    FloatBuffer floats() {
        return floats;
    }

    @Override
    public void close() {
        context.enter();
        JCudaDriver.cuMemFreeHost(pointer);
    }
}
