package org.rlr.model.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.rlr.tensor.RlrException;

/** Checks that a reader reads any bytes or throws its own error, with limited memory and time. */
final class Oracle {
    /** Set if time also counts: in the long run. */
    static final String TIMED = "rlr.fuzz.timed";

    private static final long MEMORY = 64L << 20;
    private static final int MEMORY_PER_BYTE = 4;
    private static final long NANOSECONDS = 5_000_000_000L;
    /** Signs, in a message, of a caught programming error. */
    private static final List<String> FAULTS = List.of(
            "NullPointer", "IndexOutOf", "ClassCast", "Cannot invoke", "Cannot read", "StackOverflow", "java.io.");

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final Set<FuzzedReader> PREPARED = EnumSet.noneOf(FuzzedReader.class);

    private Oracle() {}

    /** @throws AssertionError if a reader breaks these rules */
    static void check(FuzzedReader reader, byte[] input) {
        if (PREPARED.add(reader)) {
            // the first use loads classes, and Jazzer instruments them
            for (byte[] seed : reader.seeds()) {
                try {
                    reader.read(seed);
                } catch (RlrException e) {
                    // it is checked when it is an input
                }
            }
        }
        check(reader.name(), reader::read, reader.errors(), input);
    }

    /** Checks a reader with the errors that it may throw. */
    static void check(String name, Consumer<byte[]> reader, List<Class<? extends RlrException>> errors, byte[] input) {
        String what = name + ", " + input.length + " bytes: ";
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        long time = THREADS.getCurrentThreadCpuTime();
        try {
            reader.accept(input);
        } catch (RlrException e) {
            if (errors.stream().noneMatch(type -> type.isInstance(e))) {
                throw new AssertionError(what + "an error of another kind: " + e, e);
            }
            if (FAULTS.stream().anyMatch(e.explanation()::contains)) {
                throw new AssertionError(what + "a fault in words: " + e.explanation(), e);
            }
        } catch (Throwable e) {
            throw new AssertionError(what + "no typed error: " + e, e);
        }
        long bytes = THREADS.getCurrentThreadAllocatedBytes() - allocated;
        if (bytes > MEMORY + (long) MEMORY_PER_BYTE * input.length) {
            throw new AssertionError(what + (bytes >> 20) + " MiB of memory");
        }
        long taken = THREADS.getCurrentThreadCpuTime() - time;
        if (Boolean.getBoolean(TIMED) && taken > NANOSECONDS) {
            throw new AssertionError(what + taken / 1_000_000 + " ms");
        }
    }
}
