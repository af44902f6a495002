package org.rlr.tensor.cpu;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Shares numbered tasks over a fixed number of daemon threads and the caller. Which thread runs a task is left open;
 * tasks must write to separate places, so that results do not depend on it. Several callers may use one instance at
 * once.
 */
final class Parallel implements AutoCloseable {
    /** Runs every task on the calling thread; for use inside a task. */
    static final Parallel SERIAL = new Parallel(1);
    /** Ranges that work is cut into, at most: a few for each thread of a large machine. */
    static final int RANGES = 64;

    private final int threads;
    private final LinkedBlockingQueue<Job> queue = new LinkedBlockingQueue<>();
    private final Thread[] workers;

    Parallel(int threads) {
        this.threads = Math.max(1, threads);
        workers = new Thread[this.threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Thread(this::work, "rlr-cpu-" + (i + 1));
            workers[i].setDaemon(true);
            workers[i].start();
        }
    }

    int threads() {
        return threads;
    }

    /**
     * Runs {@code body} for 0 … tasks−1 and returns when all are done. The first exception of a task is thrown here.
     */
    void forEach(int tasks, IntConsumer body) {
        if (tasks <= 1 || workers.length == 0) {
            for (int i = 0; i < tasks; i++) {
                body.accept(i);
            }
            return;
        }
        Job job = new Job(tasks, body);
        int helpers = Math.min(workers.length, tasks - 1);
        for (int i = 0; i < helpers; i++) {
            queue.add(job);
        }
        job.run();
        job.await();
    }

    /**
     * Cuts {@code 0 … n} into ranges of at least {@code grain} (the last may be shorter), at most {@link #RANGES}: the
     * same ranges for every call and any number of threads.
     */
    void forRange(int n, int grain, RangeBody body) {
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
    interface RangeBody {
        void accept(int from, int to);
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

    @Override
    public void close() {
        for (Thread worker : workers) {
            worker.interrupt();
        }
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
