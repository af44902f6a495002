package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import java.util.concurrent.atomic.AtomicLong;
import org.rlr.cuda.driver.DeviceBuffer;
import org.rlr.tensor.backend.MemoryUse;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;

/** Storages, and copies between them and the host. */
final class CudaMemory {
    private final CudaEngine engine;
    private final AtomicLong live = new AtomicLong();
    private final AtomicLong peak = new AtomicLong();

    CudaMemory(CudaEngine engine) {
        this.engine = engine;
    }

    Storage allocate(int elements) {
        DeviceBuffer buffer = engine.allocator.allocate(4L * elements);
        CudaStorage storage;
        try {
            storage = new CudaStorage(this, buffer, elements);
        } catch (OutOfMemoryError e) {
            engine.allocator.release(buffer);
            throw e;
        }
        long now = live.addAndGet(4L * elements);
        peak.accumulateAndGet(now, Math::max);
        return storage;
    }

    void recycle(DeviceBuffer buffer, int elements) {
        live.addAndGet(-4L * elements);
        engine.allocator.release(buffer);
    }

    MemoryUse use() {
        return new MemoryUse(live.get(), engine.allocator.bytes(), peak.get());
    }

    void trim() {
        engine.allocator.trim();
    }

    void upload(float[] src, int srcOffset, View dst) {
        engine.transfers.upload(src, srcOffset, CudaStorage.buffer(dst), 4L * dst.offset(), dst.elements());
    }

    void download(View src, float[] dst, int dstOffset) {
        engine.transfers.download(CudaStorage.buffer(src), 4L * src.offset(), dst, dstOffset, src.elements());
    }

    void copy(View src, View dst) {
        engine.transfers.copy(
                CudaStorage.buffer(src),
                4L * src.offset(),
                CudaStorage.buffer(dst),
                4L * dst.offset(),
                4L * dst.elements());
    }

    void fill(View dst, float value) {
        engine.kernel("elementwise", "fill")
                .launch()
                .pointer(address(dst))
                .put(value)
                .put(dst.elements())
                .run(dst.elements());
    }
}
