package org.rlr.cuda;

import org.jspecify.annotations.Nullable;
import org.rlr.cuda.driver.DeviceBuffer;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;

/** Values on a card. */
final class CudaStorage extends Storage {
    private final CudaMemory memory;
    private @Nullable DeviceBuffer buffer;

    CudaStorage(CudaMemory memory, DeviceBuffer buffer, int elements) {
        super(elements);
        this.memory = memory;
        this.buffer = buffer;
    }

    /** The block of a view. @throws IllegalStateException if it was released */
    static DeviceBuffer buffer(View view) {
        DeviceBuffer b = ((CudaStorage) view.storage()).buffer;
        if (b == null) {
            throw new IllegalStateException("use of a tensor after it was closed, shape " + view.shape());
        }
        return b;
    }

    /** The device address of a view's first element; 0 for no view. */
    static long address(@Nullable View view) {
        return view == null ? 0 : buffer(view).address() + 4L * view.offset();
    }

    @Override
    protected void free() {
        DeviceBuffer b = buffer;
        if (b != null) {
            buffer = null;
            memory.recycle(b, elements());
        }
    }
}
