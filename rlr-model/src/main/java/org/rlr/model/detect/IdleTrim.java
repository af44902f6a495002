package org.rlr.model.detect;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;

/**
 * Releases the memory that a model keeps for reuse after a time without calls. Its thread starts with a call and ends
 * after that time: a timer shared by the whole JVM would keep the class loader of the first application that used it.
 */
final class IdleTrim {
    private static final System.Logger LOG = System.getLogger(IdleTrim.class.getName());

    private final long nanos;
    private final WeakReference<RlrModel> model;
    private long lastCall;
    private boolean counting;
    private boolean closed;

    /** @param time idle time before memory is released; null for never */
    IdleTrim(@Nullable Duration time, RlrModel model) {
        this.nanos = time == null ? 0 : Math.max(1, TimeUnit.NANOSECONDS.convert(time));
        this.model = new WeakReference<>(model);
    }

    /** Records the end of a call. */
    synchronized void called() {
        lastCall = System.nanoTime();
        if (nanos > 0 && !counting && !closed) {
            Thread thread = new Thread(this::count, "rlr-idle-trim");
            thread.setDaemon(true);
            try {
                thread.start();
                counting = true;
            } catch (OutOfMemoryError e) {
                LOG.log(System.Logger.Level.DEBUG, "cannot start a thread to release memory after an idle time", e);
            }
        }
    }

    private void count() {
        try {
            RlrModel kept = awaitQuiet();
            // outside the lock, which every call takes as it ends
            if (kept != null) {
                kept.trim();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // by unrelated code: the next call starts a new thread
        } finally {
            ended();
        }
    }

    /** Returns the model after the idle time; null if it has been collected or closed. */
    private synchronized @Nullable RlrModel awaitQuiet() throws InterruptedException {
        for (long left = nanos; left > 0 && !closed; left = lastCall + nanos - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return closed ? null : model.get();
    }

    private synchronized void ended() {
        counting = false;
        notifyAll();
    }

    /** Ends the thread after a running trim: the backend may be closed next. */
    synchronized void close() {
        closed = true;
        notifyAll();
        boolean interrupted = false;
        while (counting) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
