package org.rlr.tensor.cpu;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.backend.SizeClass;
import org.rlr.tensor.backend.Storage;

/**
 * Arrays by {@link SizeClass}, kept for reuse: a training step or a detection allocates the same sizes again and again,
 * and Java zeroes every new array.
 */
final class CpuMemory {
    private static final int SMALLEST = 1 << 6;

    private final ConcurrentNavigableMap<Integer, ArrayDeque<float[]>> free = new ConcurrentSkipListMap<>();
    private final AtomicLong live = new AtomicLong();
    private final AtomicLong peak = new AtomicLong();

    Storage allocate(int elements) {
        int size = (int) Math.min(SizeClass.of(elements, SMALLEST, 1), Integer.MAX_VALUE - 8);
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
                throw new ResourceException(
                        ResourceException.Resource.MEMORY,
                        "out of memory: " + live.get() / (1 << 20) + " MiB are in use, " + 4L * size / (1 << 20)
                                + " MiB more were wanted, the Java heap may grow to "
                                + Runtime.getRuntime().maxMemory() / (1 << 20)
                                + " MiB",
                        "lower `batchSize` or `imageSize`, or raise the heap with java -Xmx",
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
}
