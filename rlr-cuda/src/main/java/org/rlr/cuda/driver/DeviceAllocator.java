package org.rlr.cuda.driver;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import jcuda.CudaException;
import jcuda.driver.JCudaDriver;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.backend.SizeClass;

/**
 * An allocator that keeps device memory for reuse, by {@link SizeClass}. All blocks are used on one stream, so a
 * released block can be reused at once: pending work on it runs before any new work.
 *
 * <p>On a debug stream sizes are not rounded up and blocks are freed at once, so that a memory checker sees each access
 * out of bounds, and every block records its caller.
 *
 * <p>A graph keeps using the addresses of its capture. Blocks allocated during a capture are therefore reserved: after
 * release, only other graphs of the stream reuse them. That is safe because graphs run one after another, and none
 * reads data left by an earlier run.
 */
public final class DeviceAllocator implements AutoCloseable {
    private static final long SMALLEST = 512;
    private static final long STEP = 256;
    private static final int ROWS = 12;

    private final Stream stream;
    private final boolean exact;
    private final Map<Long, ArrayDeque<DeviceBuffer>> free = new TreeMap<>();
    private final Map<Long, ArrayDeque<DeviceBuffer>> reserved = new TreeMap<>();
    private final Set<DeviceBuffer> live = new HashSet<>();
    private boolean reserving;

    /** An allocator for work on one stream. */
    public DeviceAllocator(Stream stream) {
        this.stream = stream;
        exact = stream.debug();
    }

    /**
     * Allocates a block of at least that many bytes, contents undefined.
     *
     * @throws ResourceException if there is not enough memory, with a table of the blocks in use
     */
    public synchronized DeviceBuffer allocate(long bytes) {
        long size = exact ? Math.max(4, bytes) : SizeClass.of(bytes, SMALLEST, STEP);
        ArrayDeque<DeviceBuffer> list = (reserving ? reserved : free).get(size);
        DeviceBuffer buffer = list == null ? null : list.pollLast();
        if (buffer == null) {
            buffer = fresh(size);
            buffer.reserved(reserving);
        }
        if (exact) {
            buffer.origin(caller());
        }
        live.add(buffer);
        return buffer;
    }

    /** Takes a block back; work submitted earlier may still use it. */
    public synchronized void release(DeviceBuffer buffer) {
        if (!live.remove(buffer)) {
            throw new IllegalStateException("a block of " + buffer.bytes() + " bytes was released twice");
        }
        if (exact) {
            stream.synchronize();
            JCudaDriver.cuMemFree(buffer.pointer());
        } else {
            (buffer.reserved() ? reserved : free)
                    .computeIfAbsent(buffer.bytes(), size -> new ArrayDeque<>())
                    .addLast(buffer);
        }
    }

    /** Sets whether new blocks are reserved for a graph that is being captured. */
    public synchronized void reserving(boolean on) {
        reserving = on;
    }

    /** Whether any reserved block is in use: a block that a graph keeps would be shared with the next graph. */
    public synchronized boolean reservedInUse() {
        return live.stream().anyMatch(DeviceBuffer::reserved);
    }

    /** Ends all reservations; called when the last graph is closed. */
    public synchronized void unreserve() {
        live.forEach(b -> b.reserved(false));
        reserved.forEach((size, list) -> {
            list.forEach(b -> b.reserved(false));
            free.computeIfAbsent(size, s -> new ArrayDeque<>()).addAll(list);
        });
        reserved.clear();
    }

    private DeviceBuffer fresh(long size) {
        stream.context().enter();
        DeviceBuffer buffer = new DeviceBuffer(size);
        try {
            JCudaDriver.cuMemAlloc(buffer.pointer(), size);
        } catch (CudaException first) {
            if (!CudaFailure.of("allocating", first).outOfMemory()) {
                throw CudaFailure.of("allocating " + size + " bytes", first);
            }
            if (reserving) {
                throw shortage(size, first); // trim() waits for the card, which is not allowed during a capture
            }
            trim();
            try {
                JCudaDriver.cuMemAlloc(buffer.pointer(), size);
            } catch (CudaException second) {
                throw shortage(size, second);
            }
        }
        return buffer;
    }

    private ResourceException shortage(long size, CudaException e) {
        long[] unused = new long[1];
        long[] total = new long[1];
        JCudaDriver.cuMemGetInfo(unused, total);
        long used = sum(live);
        return new ResourceException(
                ResourceException.Resource.MEMORY,
                "out of device memory: " + mebibytes(size) + " requested, " + mebibytes(unused[0]) + " of "
                        + mebibytes(total[0]) + " are free, this backend uses " + mebibytes(used),
                "lower `batchSize` or `imageSize`"
                        + (exact ? "" : " (-Drlr.cuda.debug=true names the caller of each block)")
                        + (live.isEmpty() ? "" : "; in use:\n" + table()),
                CudaFailure.of("allocating " + size + " bytes", e));
    }

    /** A table of live blocks by origin, or by size if origins are not recorded; largest sums first. */
    private String table() {
        Map<String, Long> sums = live.stream()
                .collect(Collectors.groupingBy(
                        b -> b.origin() == null ? "blocks of " + mebibytes(b.bytes()) : b.origin(),
                        Collectors.summingLong(DeviceBuffer::bytes)));
        return sums.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(ROWS)
                .map(e -> String.format("  %12s  %s", mebibytes(e.getValue()), e.getKey()))
                .collect(Collectors.joining("\n"));
    }

    private static String mebibytes(long bytes) {
        return String.format(java.util.Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
    }

    /** The nearest caller outside the backend and the tensors. */
    private static String caller() {
        return StackWalker.getInstance()
                .walk(frames -> frames.filter(f -> !f.getClassName().startsWith("org.rlr.cuda.driver.")
                                && !f.getClassName().startsWith("org.rlr.tensor.")
                                && !f.getMethodName().equals("allocate"))
                        .findFirst())
                .map(f -> f.getClassName() + "." + f.getMethodName() + ":" + f.getLineNumber())
                .orElse("unknown");
    }

    /** {@return the bytes allocated from the driver, both in use and kept for reuse} */
    public synchronized long bytes() {
        long bytes = sum(live);
        for (ArrayDeque<DeviceBuffer> list : free.values()) {
            bytes += sum(list);
        }
        for (ArrayDeque<DeviceBuffer> list : reserved.values()) {
            bytes += sum(list);
        }
        return bytes;
    }

    private static long sum(Collection<DeviceBuffer> blocks) {
        return blocks.stream().mapToLong(DeviceBuffer::bytes).sum();
    }

    /**
     * Frees the blocks kept for reuse, after pending work on them. Does nothing during a capture, when waiting is not
     * allowed.
     */
    public synchronized void trim() {
        if (reserving) {
            return;
        }
        stream.synchronize();
        for (ArrayDeque<DeviceBuffer> list : free.values()) {
            list.forEach(b -> JCudaDriver.cuMemFree(b.pointer()));
        }
        free.clear();
    }

    /** Frees all blocks, including those in use. */
    @Override
    public synchronized void close() {
        unreserve();
        trim();
        live.forEach(b -> JCudaDriver.cuMemFree(b.pointer()));
        live.clear();
    }
}
