package org.rlr.model.detect;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Texts;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.ResourceException;

/**
 * Admits the calls of a detector: {@link DetectorOptions#maxConcurrent} at once; others wait in order, for at most
 * {@link DetectorOptions#maxWait}. Also runs asynchronous calls.
 */
final class DetectionQueue {
    /** Idle time after which threads of asynchronous calls end. */
    private static final int THREAD_SECONDS = 1;

    private final DetectorOptions options;
    private final LongSupplier clock;
    private final Semaphore places;
    private final ThreadPoolExecutor threads;
    private volatile boolean closed;

    /** @param clock nanoseconds, like {@link System#nanoTime} */
    DetectionQueue(DetectorOptions options, LongSupplier clock) {
        this.options = options;
        this.clock = clock;
        places = new Semaphore(options.maxConcurrent(), true);
        threads = new ThreadPoolExecutor(
                options.maxConcurrent(),
                options.maxConcurrent(),
                THREAD_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(options.maxQueued()),
                task -> {
                    Thread thread = new Thread(task, "rlr-detect");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /** Current time in nanoseconds. */
    long now() {
        return clock.getAsLong();
    }

    /**
     * Waits for a slot and takes it; {@link #leave} releases it.
     *
     * @param since when the call began to wait
     * @throws ResourceException of the kind CAPACITY if it has waited for too long
     * @throws CancelledException if the thread is interrupted
     */
    void enter(long since) {
        Duration most = options.maxWait();
        try {
            if (most == null) {
                places.acquire();
            } else if (!tryAcquire(TimeUnit.NANOSECONDS.convert(most), now() - since)) {
                throw overloaded("no slot became free within `maxWait` of " + most.toMillis() + " ms", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while waiting for a free slot", "", e);
        }
    }

    /** A call that waited in the queue for longer than allowed fails even if a slot is free now. */
    private boolean tryAcquire(long most, long waited) throws InterruptedException {
        return (most == 0 || waited < most) && places.tryAcquire(Math.max(0, most - waited), TimeUnit.NANOSECONDS);
    }

    void leave() {
        places.release();
    }

    /** Number of calls that wait for a slot, without queued asynchronous calls. */
    int waiting() {
        return places.getQueueLength();
    }

    private ResourceException overloaded(String why, @Nullable Throwable cause) {
        return new ResourceException(
                ResourceException.Resource.CAPACITY,
                "the detector is overloaded: " + why + "; " + Texts.count(options.maxConcurrent(), "image")
                        + (options.maxConcurrent() == 1 ? " is" : " are") + " examined at once",
                "try again later, or send fewer images",
                cause);
    }

    /**
     * Runs a call on another thread in its turn.
     *
     * @param call receives the time at which it began to wait
     * @return its result; cancelling or completing it removes the call from the queue or interrupts it
     */
    CompletableFuture<Detection> submit(LongFunction<Detection> call) {
        Pending pending = new Pending(call);
        try {
            threads.execute(pending);
        } catch (RejectedExecutionException e) {
            pending.completeExceptionally(
                    closed
                            ? closedException()
                            : overloaded(options.maxQueued() + " calls, the limit `maxQueued`, are waiting", e));
        }
        return pending;
    }

    /** A call that waits for a thread or runs on one. */
    private final class Pending extends AbandonableDetection implements Runnable {
        private final LongFunction<Detection> call;
        private final long since = now();
        private @Nullable Thread runner;
        private volatile boolean ended;

        Pending(LongFunction<Detection> call) {
            this.call = call;
        }

        @Override
        public void run() {
            synchronized (this) {
                if (isDone()) {
                    return;
                }
                runner = Thread.currentThread();
            }
            Detection detection = null;
            Throwable failure = null;
            try {
                detection = call.apply(since);
            } catch (Throwable t) {
                failure = t;
            }
            synchronized (this) {
                runner = null;
                ended = true;
                Thread.interrupted(); // from giveUp(): applies to this call only
            }
            if (failure != null) {
                completeExceptionally(failure);
            } else {
                complete(detection);
            }
        }

        @Override
        void giveUp() {
            if (!ended) {
                threads.remove(this);
                synchronized (this) {
                    if (runner != null) {
                        runner.interrupt();
                    }
                }
            }
        }
    }

    void requireOpen() {
        if (closed) {
            throw closedException();
        }
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the detector is closed");
    }

    /**
     * Rejects new calls, fails queued ones, and waits for those in progress.
     *
     * @param free runs after the last call has ended; once per call of this method
     */
    void close(Runnable free) {
        closed = true;
        threads.shutdown();
        List<Runnable> waiting = new ArrayList<>();
        threads.getQueue().drainTo(waiting);
        waiting.forEach(each -> ((Pending) each).completeExceptionally(closedException()));
        // takes every slot: calls in progress have then ended, and waiting ones have failed
        places.acquireUninterruptibly(options.maxConcurrent());
        try {
            free.run();
        } finally {
            places.release(options.maxConcurrent());
        }
    }
}
