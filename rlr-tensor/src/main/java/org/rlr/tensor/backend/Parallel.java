package org.rlr.tensor.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Shares numbered tasks over a fixed number of daemon threads and the caller. Which thread runs a task is left open;
 * tasks must write to separate places, so that results do not depend on it. Several callers may use one instance at
 * once, and a task may use the instance that runs it. The threads start with the first tasks that need them.
 */
public final class Parallel implements AutoCloseable {
    /** Runs every task on the calling thread; for use inside a task. */
    public static final Parallel SERIAL = new Parallel(1);
    /** The largest number of ranges that work is cut into: a few for each thread of a large machine. */
    public static final int RANGES = 64;

    private final int threads;
    private final LinkedBlockingQueue<Job> queue = new LinkedBlockingQueue<>();
    private final List<Thread> workers = new ArrayList<>();
    private volatile boolean started;

    /**
     * Starts nothing yet.
     *
     * @param threads the calling one included; 0 for as many as there are cores
     */
    public Parallel(int threads) {
        this.threads = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    }

    /** {@return the number of threads, the calling one included} */
    public int threads() {
        return threads;
    }

    /**
     * Runs {@code body} for 0 … tasks−1 and returns when all are done.
     *
     * @param tasks their number
     * @param body runs a task; the first exception of one is thrown here, and tasks not begun by then are left out
     */
    public void forEach(int tasks, IntConsumer body) {
        if (tasks <= 1 || threads == 1) {
            for (int i = 0; i < tasks; i++) {
                body.accept(i);
            }
            return;
        }
        start();
        Job job = new Job(tasks, body);
        int helpers = Math.min(threads, tasks) - 1;
        for (int i = 0; i < helpers; i++) {
            queue.add(job);
        }
        job.run();
        job.await();
    }

    /**
     * Cuts {@code 0 … n} into ranges of at least {@code grain} (the last may be shorter), at most {@link #RANGES}: the
     * same ranges for every call and any number of threads.
     *
     * @param n elements
     * @param grain elements that are worth a task
     * @param body runs a range
     */
    public void forRange(int n, int grain, RangeBody body) {
        int pieces = Math.min(RANGES, n / Math.max(1, grain));
        if (pieces > 1) {
            int size = (n + pieces - 1) / pieces;
            forEach((n + size - 1) / size, i -> body.accept(i * size, Math.min(n, (i + 1) * size)));
        } else if (n > 0) {
            body.accept(0, n);
        }
    }

    /** Work on elements {@code from} (inclusive) to {@code to} (exclusive). */
    @FunctionalInterface
    public interface RangeBody {
        /**
         * Runs a range.
         *
         * @param from its first element
         * @param to one past its last element
         */
        void accept(int from, int to);
    }

    private void start() {
        if (started) {
            return;
        }
        synchronized (this) {
            for (int i = workers.size() + 1; i < threads && !started; i++) {
                Thread worker = new Thread(this::work, "rlr-worker-" + i);
                worker.setDaemon(true);
                worker.start();
                workers.add(worker);
            }
            started = true;
        }
    }

    private void work() {
        try {
            while (true) {
                queue.take().run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the threads. Tasks that come later run as well, on the calling thread once the others have ended. */
    @Override
    public synchronized void close() {
        started = true;
        workers.forEach(Thread::interrupt);
        workers.clear();
    }

    /** One call of {@link #forEach}; a small object, as kernels of a few microseconds make one. */
    private static final class Job {
        private static final AtomicIntegerFieldUpdater<Job> NEXT =
                AtomicIntegerFieldUpdater.newUpdater(Job.class, "next");
        private static final AtomicIntegerFieldUpdater<Job> DONE =
                AtomicIntegerFieldUpdater.newUpdater(Job.class, "done");

        private final int tasks;
        private final IntConsumer body;

        @SuppressWarnings("unused") // but by NEXT
        private volatile int next;

        private volatile int done;
        private volatile @Nullable Throwable failure;

        Job(int tasks, IntConsumer body) {
            this.tasks = tasks;
            this.body = body;
        }

        void run() {
            for (int i = NEXT.getAndIncrement(this); i < tasks; i = NEXT.getAndIncrement(this)) {
                try {
                    if (failure == null) {
                        body.accept(i);
                    }
                } catch (Throwable t) {
                    fail(t);
                } finally {
                    if (DONE.incrementAndGet(this) == tasks) {
                        synchronized (this) {
                            notifyAll();
                        }
                    }
                }
            }
        }

        private synchronized void fail(Throwable t) {
            failure = failure == null ? t : failure;
        }

        void await() {
            for (int spin = 0; spin < 20_000 && done < tasks; spin++) {
                Thread.onSpinWait();
            }
            boolean interrupted = false;
            synchronized (this) {
                while (done < tasks) {
                    try {
                        wait();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            Throwable t = failure;
            if (t instanceof RuntimeException e) {
                throw e;
            }
            if (t instanceof Error e) {
                throw e;
            }
        }
    }
}
