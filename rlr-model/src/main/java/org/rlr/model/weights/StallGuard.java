package org.rlr.model.weights;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Closes a stream that gives nothing or too little for some time, so that reading from it ends: the HTTP client alone
 * would wait for ever.
 */
final class StallGuard implements AutoCloseable {
    private final InputStream stream;
    /** How often the stream is looked at within the time that it has. */
    private static final int LOOKS = 4;

    private final long least;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "download-guard");
        thread.setDaemon(true);
        return thread;
    });
    private final ScheduledFuture<?> check;
    private final AtomicLong received = new AtomicLong();
    /** What had been received at the last looks; only the timer's thread touches it. */
    private final long[] earlier = new long[LOOKS];

    private int looks;
    /** What was received in the time after which the stream was closed; -1 while it is open. */
    private volatile long tooFew = -1;

    /** Guards a stream that has to give {@code least} bytes in every such time. */
    StallGuard(InputStream stream, Duration patience, long least) {
        this.stream = stream;
        this.least = least;
        long pause = patience.toNanos() / LOOKS;
        check = timer.scheduleWithFixedDelay(this::look, pause, pause, TimeUnit.NANOSECONDS);
    }

    /** So many bytes came. */
    void alive(int bytes) {
        received.addAndGet(bytes);
    }

    /** The bytes after which the stream was closed, as they were too few; -1 if it was not. */
    long tooFew() {
        return tooFew;
    }

    private void look() {
        long now = received.get();
        long recent = now - earlier[looks % LOOKS];
        earlier[looks % LOOKS] = now;
        looks++;
        if (looks >= LOOKS && recent < least && tooFew < 0) {
            tooFew = recent;
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
