package org.rlr.model.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Ends a process that does nothing but collect garbage. Where the heap is a little larger than what is in use, the
 * serial collector frees just enough to go on, without an end and without an error.
 */
final class HeapGuard {
    /** Of the time, beyond which nothing else gets done. */
    private static final double MOST = 0.9;
    /** Looks in a row that have to find so much. */
    private static final int LOOKS = 3;

    private HeapGuard() {}

    /** Starts looking, for the first time after a pause: most commands have ended by then. */
    static void start(Duration pause) {
        Thread thread = new Thread(() -> watch(pause.toNanos()), "heap-guard");
        thread.setDaemon(true);
        thread.start();
    }

    private static void watch(long pause) {
        // made now, as there may be no memory for it later
        StringWriter text = new StringWriter();
        Main.error(
                new PrintWriter(text),
                Main.outOfMemory("the time goes into collecting garbage") + "give fewer or smaller images, "
                        + Main.largerHeap("..."));
        byte[] message = text.toString().getBytes(Charset.defaultCharset());
        FileOutputStream err = new FileOutputStream(FileDescriptor.err);
        long time = System.nanoTime();
        long collected = 0;
        for (int starved = 0; starved < LOOKS; ) {
            try {
                TimeUnit.NANOSECONDS.sleep(pause);
                long now = System.nanoTime();
                long all = collecting();
                starved = all - collected > MOST * (now - time) ? starved + 1 : 0;
                time = now;
                collected = all;
            } catch (OutOfMemoryError e) {
                starved++;
            } catch (InterruptedException e) {
                return;
            }
        }
        try {
            err.write(message);
        } catch (IOException | OutOfMemoryError e) {
            // the exit code says it
        } finally {
            // there may be no memory for an orderly end; what is half written is removed by the next run
            Runtime.getRuntime().halt(Main.FAILURE);
        }
    }

    /** Nanoseconds for which collectors have stopped the program. */
    private static long collecting() {
        return TimeUnit.MILLISECONDS.toNanos(ManagementFactory.getGarbageCollectorMXBeans().stream()
                // those work beside the program
                .filter(each ->
                        !each.getName().contains("Cycles") && !each.getName().contains("Concurrent"))
                .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                .sum());
    }
}
