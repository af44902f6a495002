package org.rlr.tensor.cpu;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;

/** A storage in a Java array, which may be longer than the storage. */
final class CpuStorage extends Storage {
    private final CpuMemory memory;
    private final CpuMemory.Kept kept;
    private float @Nullable [] array;

    /** @param kept refers to the array */
    CpuStorage(CpuMemory memory, float[] array, CpuMemory.Kept kept, int elements) {
        super(elements);
        this.memory = memory;
        this.array = array;
        this.kept = kept;
    }

    /** Returns the array of a view. @throws IllegalStateException if it was released, or holds packed weights */
    static float[] array(View view) {
        if (view.storage() instanceof PackedWeights) {
            throw new IllegalStateException(
                    "packed weights of shape " + view.shape() + " can be used only by linear layers and convolutions");
        }
        float[] a = ((CpuStorage) view.storage()).array;
        if (a == null) {
            throw new IllegalStateException("use of a tensor after it was closed, shape " + view.shape());
        }
        return a;
    }

    @Override
    protected void free() {
        array = null;
        memory.recycle(kept, elements());
    }
}
