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
 * Closes a stream that delivers nothing or too little for some time, which ends reading from it: the HTTP client alone
 * would wait forever.
 */
final class StallGuard implements AutoCloseable {
    private final InputStream stream;
    /** Number of checks of the stream within the time limit. */
    private static final int LOOKS = 4;

    private final long least;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "download-guard");
        thread.setDaemon(true);
        return thread;
    });
    private final ScheduledFuture<?> check;
    private final AtomicLong received = new AtomicLong();
    /** Bytes received at the last checks; used only by the timer's thread. */
    private final long[] earlier = new long[LOOKS];

    private int looks;
    /** Bytes received in the time before the stream was closed; -1 while it is open. */
    private volatile long tooFew = -1;

    /** Guards a stream that must deliver {@code least} bytes in every interval of the given length. */
    StallGuard(InputStream stream, Duration patience, long least) {
        this.stream = stream;
        this.least = least;
        long pause = patience.toNanos() / LOOKS;
        check = timer.scheduleWithFixedDelay(this::look, pause, pause, TimeUnit.NANOSECONDS);
    }

    /** Records received bytes. */
    void alive(int bytes) {
        received.addAndGet(bytes);
    }

    /** The too small number of bytes for which the stream was closed; -1 if it was not. */
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
