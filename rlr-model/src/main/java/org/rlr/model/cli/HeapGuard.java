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
 * Ends a process that only collects garbage. If the heap is only a little larger than the live data, the serial
 * collector frees just enough to continue, and the program neither ends nor fails.
 */
final class HeapGuard {
    /** Largest acceptable share of the time for garbage collection. */
    private static final double MOST = 0.9;
    /** Number of checks in a row above {@link #MOST} that end the process. */
    private static final int LOOKS = 3;

    private HeapGuard() {}

    /** Starts the checks after a pause: most commands have ended by then. */
    static void start(Duration pause) {
        Thread thread = new Thread(() -> watch(pause.toNanos()), "heap-guard");
        thread.setDaemon(true);
        thread.start();
    }

    private static void watch(long pause) {
        // created now, since there may be no memory for it later
        StringWriter text = new StringWriter();
        Main.error(
                new PrintWriter(text),
                Main.outOfMemory("all time is spent on garbage collection") + "give fewer or smaller images, "
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
            // the exit code shows the failure
        } finally {
            // there may be no memory for an orderly exit; the next run removes partial files
            Runtime.getRuntime().halt(Main.FAILURE);
        }
    }

    /** Returns the nanoseconds for which collectors have stopped the program. */
    private static long collecting() {
        return TimeUnit.MILLISECONDS.toNanos(ManagementFactory.getGarbageCollectorMXBeans().stream()
                // these run concurrently with the program
                .filter(each ->
                        !each.getName().contains("Cycles") && !each.getName().contains("Concurrent"))
                .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                .sum());
    }
}
