package org.rlr.tensor.cpu;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Storage;

/**
 * Arrays by size class, kept for reuse: a training step or a detection allocates the same sizes again and again, and
 * Java zeroes every new array. A size class is an eighth of a power of two, so at most an eighth is wasted.
 */
final class CpuMemory {
    private static final int SMALLEST = 1 << 6;

    private final ConcurrentNavigableMap<Integer, ArrayDeque<float[]>> free = new ConcurrentSkipListMap<>();
    private final AtomicLong live = new AtomicLong();
    private final AtomicLong peak = new AtomicLong();

    Storage allocate(int elements) {
        int size = sizeClass(elements);
        float[] array = kept(size);
        if (array == null) {
            array = fresh(size);
        }
        long now = live.addAndGet(4L * elements);
        peak.accumulateAndGet(now, Math::max);
        return new CpuStorage(this, array, elements);
    }

    /**
     * An array kept for reuse, the shortest that is long enough and at most twice as long: of the levels of a model
     * each works with sizes of its own, one after the other.
     */
    private float @Nullable [] kept(int size) {
        for (ArrayDeque<float[]> list : free.subMap(size, true, (int) Math.min(2L * size, Integer.MAX_VALUE), true)
                .values()) {
            synchronized (list) {
                if (!list.isEmpty()) {
                    return list.pollLast();
                }
            }
        }
        return null;
    }

    private float[] fresh(int size) {
        try {
            return new float[size];
        } catch (OutOfMemoryError first) {
            trim();
            try {
                return new float[size];
            } catch (OutOfMemoryError second) {
                throw new RlrException(
                        "out of memory: " + live.get() / (1 << 20) + " MiB are in use, " + 4L * size / (1 << 20)
                                + " MiB more were wanted, the Java heap may grow to "
                                + Runtime.getRuntime().maxMemory() / (1 << 20)
                                + " MiB; lower --batch-size or --image-size, or raise the heap with java -Xmx",
                        second);
            }
        }
    }

    void recycle(float[] array, int elements) {
        live.addAndGet(-4L * elements);
        ArrayDeque<float[]> list = free.computeIfAbsent(array.length, size -> new ArrayDeque<>());
        synchronized (list) {
            list.addLast(array);
        }
    }

    /** Forgets the arrays kept for reuse. */
    void trim() {
        free.clear();
    }

    long live() {
        return live.get();
    }

    long peak() {
        return peak.get();
    }

    private static int sizeClass(int elements) {
        if (elements <= SMALLEST) {
            return SMALLEST;
        }
        int step = Integer.highestOneBit(elements - 1) >>> 3;
        long rounded = (elements + (long) step - 1) / step * step;
        return (int) Math.min(rounded, Integer.MAX_VALUE - 8);
    }
}
