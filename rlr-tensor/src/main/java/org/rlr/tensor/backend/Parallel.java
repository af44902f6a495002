package org.rlr.tensor.backend;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Distributes numbered tasks over a fixed number of daemon threads and the caller. Any thread may run any task, so
 * tasks must write to separate places. Several callers may use one instance at once, and a task may use the instance
 * that runs it. The threads start with the first tasks that need them. If an instance becomes unreachable without
 * {@link #close}, its threads end with a warning.
 */
public final class Parallel implements AutoCloseable {
    /** Runs every task on the calling thread; for use inside a task. */
    public static final Parallel SERIAL = new Parallel(1);
    /** The maximum number of ranges that work is split into: a few per thread of a large machine. */
    public static final int RANGES = 64;

    private static final System.Logger LOG = System.getLogger(Parallel.class.getName());

    private final int threads;
    private final Workers workers;
    private volatile boolean started;
    private Cleaner.@Nullable Cleanable ending;

    /**
     * Creates an instance without starting threads.
     *
     * @param threads number of threads, including the caller; 0 for one per core
     */
    public Parallel(int threads) {
        this(threads, Runnable::run);
    }

    /**
     * Creates an instance without starting threads.
     *
     * @param threads number of threads, including the caller; 0 for one per core
     * @param around runs each job of the threads started here, with setup and cleanup around it. It must not refer to
     *     this instance or its owner, which could then never become unreachable.
     */
    public Parallel(int threads, Consumer<Runnable> around) {
        this.threads = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
        this.workers = new Workers(around);
    }

    /** {@return the number of threads, including the caller} */
    public int threads() {
        return threads;
    }

    /**
     * Runs {@code body} for 0 … tasks−1 and returns when all are done. The interrupt status of the calling thread stays
     * set.
     *
     * @param tasks number of tasks
     * @param body runs a task; the first exception is rethrown here and cancels the tasks that have not started
     */
    public void forEach(int tasks, IntConsumer body) {
        if (tasks <= 1 || threads == 1) {
            for (int i = 0; i < tasks; i++) {
                body.accept(i);
            }
            return;
        }
        start();
        try {
            Job job = new Job(tasks, body);
            workers.help(job, Math.min(threads, tasks) - 1);
            job.run();
            job.await();
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Splits {@code 0 … n} into at most {@link #RANGES} ranges of at least {@code grain} elements (the last may be
     * shorter). The ranges do not depend on the number of threads.
     *
     * @param n number of elements
     * @param grain minimum number of elements per range
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
         * @param from first element
         * @param to one past the last element
         */
        void accept(int from, int to);
    }

    private void start() {
        if (started) {
            return;
        }
        synchronized (this) {
            if (ending == null) {
                ending = Forgotten.CLEANER.register(this, workers::endForgotten);
            }
            workers.start(threads - 1);
            started = true;
        }
    }

    /** Ends the threads. Later tasks still run, on the calling thread. */
    @Override
    public synchronized void close() {
        started = true;
        workers.end();
        if (ending != null) {
            ending.clean();
        }
    }

    /** Ends the threads of unreachable instances; its own thread starts with the first of them. */
    private static final class Forgotten {
        static final Cleaner CLEANER = Cleaner.create();

        private Forgotten() {}
    }

    /** The threads and their queue. Neither may refer to the {@link Parallel} instance. */
    private static final class Workers {
        private final Consumer<Runnable> around;
        private final LinkedBlockingQueue<Job> queue = new LinkedBlockingQueue<>();
        private final List<Thread> threads = new ArrayList<>();
        private volatile boolean ended;

        Workers(Consumer<Runnable> around) {
            this.around = around;
        }

        synchronized void start(int number) {
            for (int i = threads.size() + 1; i <= number && !ended; i++) {
                // inherits no thread-locals or class loader from the caller, which may be one of several applications
                Thread worker = new Thread(null, this::work, "rlr-worker-" + i, 0, false);
                worker.setContextClassLoader(Parallel.class.getClassLoader());
                worker.setDaemon(true);
                worker.start();
                threads.add(worker);
            }
        }

        void help(Job job, int helpers) {
            try {
                for (int i = 0; i < helpers && !ended; i++) {
                    queue.add(job);
                }
            } catch (OutOfMemoryError e) {
                // the calling thread runs the remaining tasks and reports the error if it lacks memory too
            }
        }

        private void work() {
            while (!ended) {
                try {
                    around.accept(queue.take());
                } catch (InterruptedException | OutOfMemoryError e) {
                    // Interrupted by end(), which the loop checks, or by an earlier task. Out of memory can
                    // occur before the job starts; a job keeps its own errors, and other threads run its tasks.
                }
            }
        }

        synchronized void end() {
            ended = true;
            threads.forEach(Thread::interrupt);
            threads.clear();
            queue.clear();
        }

        void endForgotten() {
            if (!ended) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "a backend was never closed; its threads end now; close each backend after use");
                end();
            }
        }
    }

    /** One call of {@link #forEach}; small, as kernels of a few microseconds create one each. */
    private static final class Job implements Runnable {
        private static final AtomicIntegerFieldUpdater<Job> NEXT =
                AtomicIntegerFieldUpdater.newUpdater(Job.class, "next");
        private static final AtomicIntegerFieldUpdater<Job> DONE =
                AtomicIntegerFieldUpdater.newUpdater(Job.class, "done");

        private final int tasks;
        private final IntConsumer body;

        @SuppressWarnings("unused") // used by NEXT
        private volatile int next;

        private volatile int done;
        private volatile @Nullable Throwable failure;

        Job(int tasks, IntConsumer body) {
            this.tasks = tasks;
            this.body = body;
        }

        @Override
        public void run() {
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
