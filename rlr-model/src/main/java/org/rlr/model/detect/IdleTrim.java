package org.rlr.model.detect;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;

/**
 * Gives back the memory that a model keeps for reuse after a time without calls. Its thread begins with a call and ends
 * when that time is over: a timer shared with the JVM would keep the class loader of the application that used it
 * first.
 */
final class IdleTrim {
    private static final System.Logger LOG = System.getLogger(IdleTrim.class.getName());

    private final long nanos;
    private final WeakReference<RlrModel> model;
    private long lastCall;
    private boolean counting;
    private boolean closed;

    /** @param time without a call; null to do nothing */
    IdleTrim(@Nullable Duration time, RlrModel model) {
        this.nanos = time == null ? 0 : Math.max(1, TimeUnit.NANOSECONDS.convert(time));
        this.model = new WeakReference<>(model);
    }

    /** A call has ended. */
    synchronized void called() {
        lastCall = System.nanoTime();
        if (nanos > 0 && !counting && !closed) {
            Thread thread = new Thread(this::count, "rlr-idle-trim");
            thread.setDaemon(true);
            try {
                thread.start();
                counting = true;
            } catch (OutOfMemoryError e) {
                LOG.log(System.Logger.Level.DEBUG, "no thread to count the time without calls", e);
            }
        }
    }

    private void count() {
        try {
            RlrModel kept = awaitQuiet();
            // not under the lock, which every call takes as it ends
            if (kept != null) {
                kept.trim();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // by a stranger: the next call counts again
        } finally {
            ended();
        }
    }

    /** The model once there was no call for long enough; null where there is none any more. */
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

    /** Ends the thread, after a trim that has begun: the backend may be closed next. */
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
