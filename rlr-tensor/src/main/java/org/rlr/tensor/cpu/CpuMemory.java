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
 * Arrays by {@link SizeClass}, kept for reuse: a training step or a detection allocates the same sizes again and again,
 * and Java zeroes every new array. What is kept is bounded twice: together with the working arrays of the
 * {@link ScratchPool} it has a limit, beyond which the arrays that lay idle longest go; and it is softly reachable, so
 * that the JVM takes it where memory is short and after a while without use.
 */
final class CpuMemory {
    private static final int SMALLEST = 1 << 6;

    /** Idle arrays by length, those given back last at the end. */
    private final NavigableMap<Integer, ArrayDeque<Kept>> idle = new TreeMap<>();

    private final ScratchPool scratch;
    private final long limit;
    private final AtomicLong live = new AtomicLong();
    private final AtomicLong peak = new AtomicLong();
    private long kept;
    private long returns;

    /** An array that outlives its storages. While idle nothing else refers to it. */
    static final class Kept extends SoftReference<float[]> {
        private final int length;
        /** The number of arrays given back before this one was. */
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
     * @param limit most bytes that are kept for reuse
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
                throw shortage(4L * size / (1 << 20) + " MiB more were wanted, ", second);
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
     * A storage on an idle array, the shortest that is long enough and at most twice as long: of the levels of a model
     * each works with sizes of its own, one after the other.
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
     * The one error that every lack of memory surfaces as.
     *
     * @param wanted what for, ending in a comma; empty if nobody knows
     */
    ResourceException shortage(String wanted, OutOfMemoryError cause) {
        trim();
        return ResourceException.outOfMemory(wanted + "tensors use " + live.get() / (1 << 20) + " MiB", cause);
    }

    /** Takes back the array of a storage; this never fails, as closing must not. */
    void recycle(Kept array, int elements) {
        live.addAndGet(-4L * elements);
        try {
            keep(array);
        } catch (OutOfMemoryError e) {
            // no room for the list: the array goes, which is what memory needs
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
            throw new AssertionError(kept + " bytes are kept in no array");
        }
        kept -= oldest.removeFirst().bytes();
    }

    /** Forgets what is kept for reuse. */
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
