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
 * Shares numbered tasks over a fixed number of daemon threads and the caller. Which thread runs a task is left open;
 * tasks must write to separate places, so that results do not depend on it. Several callers may use one instance at
 * once, and a task may use the instance that runs it. The threads start with the first tasks that need them; those of
 * an instance that is forgotten without {@link #close} end when the garbage collector finds it, with a warning.
 */
public final class Parallel implements AutoCloseable {
    /** Runs every task on the calling thread; for use inside a task. */
    public static final Parallel SERIAL = new Parallel(1);
    /** The largest number of ranges that work is cut into: a few for each thread of a large machine. */
    public static final int RANGES = 64;

    private static final System.Logger LOG = System.getLogger(Parallel.class.getName());

    private final int threads;
    private final Workers workers;
    private volatile boolean started;
    private Cleaner.@Nullable Cleanable ending;

    /**
     * Starts nothing yet.
     *
     * @param threads the calling one included; 0 for as many as there are cores
     */
    public Parallel(int threads) {
        this(threads, Runnable::run);
    }

    /**
     * Starts nothing yet.
     *
     * @param threads the calling one included; 0 for as many as there are cores
     * @param around runs what it is given, on the threads started here, with what that needs before and after. It must
     *     not refer to this instance nor to what owns it, which could then never be found to be forgotten.
     */
    public Parallel(int threads, Consumer<Runnable> around) {
        this.threads = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
        this.workers = new Workers(around);
    }

    /** {@return the number of threads, the calling one included} */
    public int threads() {
        return threads;
    }

    /**
     * Runs {@code body} for 0 … tasks−1 and returns when all are done. An interrupt of the calling thread is left for
     * the caller to see.
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
            if (ending == null) {
                ending = Forgotten.CLEANER.register(this, workers::endForgotten);
            }
            workers.start(threads - 1);
            started = true;
        }
    }

    /** Ends the threads. Tasks that come later run as well, on the calling thread once the others have ended. */
    @Override
    public synchronized void close() {
        started = true;
        workers.end();
        if (ending != null) {
            ending.clean();
        }
    }

    /** Ends the threads of instances that nobody can close any more; its own thread starts with the first of them. */
    private static final class Forgotten {
        static final Cleaner CLEANER = Cleaner.create();

        private Forgotten() {}
    }

    /** The threads and the queue they share. It does not refer to its {@link Parallel}, nor may the threads. */
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
                // neither thread-locals nor the class loader of the caller, which may be an application among several
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
                // the calling thread runs what nobody helps with, and tells of it if that lacks memory too
            }
        }

        private void work() {
            while (!ended) {
                try {
                    around.accept(queue.take());
                } catch (InterruptedException | OutOfMemoryError e) {
                    // Interrupted by end(), which the loop sees, or by what a task left behind. Out of memory before
                    // the
                    // job began: a job keeps its own errors, and its other threads run its tasks.
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
                        "a backend was never closed; its threads are ended now, close() would have done so at once");
                end();
            }
        }
    }

    /** One call of {@link #forEach}; a small object, as kernels of a few microseconds make one. */
    private static final class Job implements Runnable {
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
