package org.rlr.tensor.cpu;

import java.lang.ref.SoftReference;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.backend.MemoryUse;
import org.rlr.tensor.backend.SizeClass;
import org.rlr.tensor.backend.Storage;

/**
 * A cache of arrays by {@link SizeClass}: training steps and detections allocate the same sizes repeatedly, and Java
 * zeroes every new array. The cache is limited in two ways: together with the working arrays of the {@link ScratchPool}
 * it has a maximum size, beyond which the longest idle arrays are dropped; and it is softly reachable, so the JVM
 * reclaims it if memory is short or after a while without use.
 */
final class CpuMemory {
    private static final int SMALLEST = 1 << 6;

    /** Idle arrays by length; the most recently released is last. */
    private final NavigableMap<Integer, ArrayDeque<Kept>> idle = new TreeMap<>();

    private final ScratchPool scratch;
    private final long limit;
    private final AtomicLong live = new AtomicLong();
    private final AtomicLong peak = new AtomicLong();
    private long kept;
    private long returns;

    /** An array that outlives its storages. While it is idle, only the cache refers to it. */
    static final class Kept extends SoftReference<float[]> {
        private final int length;
        /** The number of arrays released before this one. */
        private long returned;

        private Kept(float[] array) {
            super(array);
            length = array.length;
        }

        private long bytes() {
            return 4L * length;
        }
    }

    /**
     * @param scratch counts towards the limit
     * @param limit maximum bytes cached for reuse
     */
    CpuMemory(ScratchPool scratch, long limit) {
        this.scratch = scratch;
        this.limit = limit;
    }

    Storage allocate(int elements) {
        int size = (int) Math.min(SizeClass.of(elements, SMALLEST, 1), Integer.MAX_VALUE - 8);
        try {
            return allocate(size, elements);
        } catch (OutOfMemoryError first) {
            trim();
            try {
                return allocate(size, elements);
            } catch (OutOfMemoryError second) {
                throw shortage(4L * size / (1 << 20) + " MiB more were requested, ", second);
            }
        }
    }

    private CpuStorage allocate(int size, int elements) {
        CpuStorage storage = reused(size, elements);
        if (storage == null) {
            float[] array = new float[size];
            storage = new CpuStorage(this, array, new Kept(array), elements);
        }
        long now = live.addAndGet(4L * elements);
        peak.accumulateAndGet(now, Math::max);
        return storage;
    }

    /**
     * Returns a storage on the shortest idle array that is long enough and at most twice as long: the levels of a model
     * run one after another with different sizes.
     */
    private synchronized @Nullable CpuStorage reused(int size, int elements) {
        for (Map.Entry<Integer, ArrayDeque<Kept>> e = idle.ceilingEntry(size);
                e != null && e.getKey() <= 2L * size;
                e = idle.higherEntry(e.getKey())) {
            for (Kept last = e.getValue().pollLast();
                    last != null;
                    last = e.getValue().pollLast()) {
                kept -= last.bytes();
                float[] array = last.get();
                if (array != null) {
                    return new CpuStorage(this, array, last, elements);
                }
            }
        }
        return null;
    }

    /**
     * Returns the error for any lack of memory.
     *
     * @param wanted the requested memory, ending in a comma; empty if unknown
     */
    ResourceException shortage(String wanted, OutOfMemoryError cause) {
        trim();
        return ResourceException.outOfMemory(wanted + "tensors use " + live.get() / (1 << 20) + " MiB", cause);
    }

    /** Takes back the array of a storage; never fails, because closing must not fail. */
    void recycle(Kept array, int elements) {
        live.addAndGet(-4L * elements);
        try {
            keep(array);
        } catch (OutOfMemoryError e) {
            // not enough memory for the list: drop the array, which frees memory
        }
    }

    private synchronized void keep(Kept array) {
        if (array.bytes() > limit) {
            return;
        }
        array.returned = returns++;
        idle.computeIfAbsent(array.length, length -> new ArrayDeque<>()).addLast(array);
        kept += array.bytes();
        while (kept > 0 && kept + scratch.counted() > limit) {
            dropOldest();
        }
    }

    private void dropOldest() {
        ArrayDeque<Kept> oldest = null;
        for (ArrayDeque<Kept> list : idle.values()) {
            if (!list.isEmpty() && (oldest == null || list.getFirst().returned < oldest.getFirst().returned)) {
                oldest = list;
            }
        }
        if (oldest == null) {
            throw new AssertionError(kept + " cached bytes belong to no array");
        }
        kept -= oldest.removeFirst().bytes();
    }

    /** Clears the cache. */
    synchronized void trim() {
        idle.clear();
        kept = 0;
        scratch.trim();
    }

    synchronized MemoryUse use() {
        for (ArrayDeque<Kept> list : idle.values()) {
            list.removeIf(array -> {
                boolean taken = array.refersTo(null);
                kept -= taken ? array.bytes() : 0;
                return taken;
            });
        }
        return new MemoryUse(live.get(), live.get() + kept + scratch.bytes(), peak.get());
    }
}
