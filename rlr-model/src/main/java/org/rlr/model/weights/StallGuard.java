package org.rlr.model.weights;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Closes a stream that gives nothing for some time, so that reading from it ends: the HTTP client alone would wait for
 * ever.
 */
final class StallGuard implements AutoCloseable {
    private final InputStream stream;
    private final long nanos;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "download-guard");
        thread.setDaemon(true);
        return thread;
    });
    private final ScheduledFuture<?> check;
    private volatile long last = System.nanoTime();
    private volatile boolean stalled;

    StallGuard(InputStream stream, Duration patience) {
        this.stream = stream;
        nanos = patience.toNanos();
        check = timer.scheduleWithFixedDelay(this::look, nanos / 4, nanos / 4, TimeUnit.NANOSECONDS);
    }

    /** Something came. */
    void alive() {
        last = System.nanoTime();
    }

    /** Whether the stream was closed for giving nothing. */
    boolean stalled() {
        return stalled;
    }

    private void look() {
        if (System.nanoTime() - last > nanos && !stalled) {
            stalled = true;
            try {
                stream.close();
            } catch (IOException e) {
                System.getLogger(StallGuard.class.getName())
                        .log(System.Logger.Level.DEBUG, "closing a stalled connection", e);
            }
        }
    }

    @Override
    public void close() {
        check.cancel(false);
        timer.shutdownNow();
    }
}
