package org.rlr.model.detect;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.data.ImageSource;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.MemoryUse;

/**
 * A detector whose model can be changed during use. Each call uses one model: the current one when the call starts.
 * During a change two models are in memory, and each examines up to {@link DetectorOptions#maxConcurrent} images at
 * once.
 */
public final class ReloadableDetector implements Detector {
    private static final System.Logger LOG = System.getLogger(ReloadableDetector.class.getName());

    private final DetectorOptions options;
    private final ReentrantLock reloading = new ReentrantLock(true);
    /** Threads inside a call or an action that depends on its result: they must not wait for calls to end. */
    private final Set<Thread> inCalls = ConcurrentHashMap.newKeySet();

    private volatile Serving serving;
    private volatile boolean closed;

    /** A detector and the number of calls that use it. */
    private static final class Serving {
        private final Detector detector;
        private int calls;
        private boolean retired;
        private boolean closed;

        Serving(Detector detector) {
            this.detector = detector;
        }

        synchronized boolean enter() {
            calls += retired ? 0 : 1;
            return !retired;
        }

        /** Ends a call; the last call of a replaced detector closes it. */
        void leave() {
            boolean last;
            synchronized (this) {
                calls--;
                last = retired && calls == 0;
            }
            if (last) {
                closeDetector();
            }
        }

        /**
         * Rejects new calls; the detector is closed when the calls in progress have ended.
         *
         * @param waits whether to return only after that; an interrupt ends the waiting, but not the closing
         */
        void retire(boolean waits) {
            boolean idle;
            synchronized (this) {
                retired = true;
                idle = calls == 0;
            }
            if (idle) {
                closeDetector();
            } else if (waits) {
                awaitClosed();
            }
        }

        private synchronized void awaitClosed() {
            try {
                while (!closed) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void closeDetector() {
            try {
                detector.close();
            } catch (RuntimeException e) {
                // belongs to no call, as each has its result
                LOG.log(System.Logger.Level.WARNING, "a replaced detector could not be closed", e);
            } finally {
                synchronized (this) {
                    closed = true;
                    notifyAll();
                }
            }
        }
    }

    /**
     * Creates a detector that starts with another detector's model.
     *
     * @param first used until {@link #reload} or {@link #replace}; closed by this detector
     * @param options options for models that {@link #reload} loads
     */
    public ReloadableDetector(Detector first, DetectorOptions options) {
        this.serving = new Serving(Objects.requireNonNull(first, "first"));
        this.options = Objects.requireNonNull(options, "options");
    }

    /**
     * Loads the first model.
     *
     * @param file a model file
     * @param options options for this and all later models
     * @return a detector; the caller closes it
     * @throws RlrException as {@link AnomalyDetector#load(Path, DetectorOptions)}
     */
    public static ReloadableDetector load(Path file, DetectorOptions options) {
        return new ReloadableDetector(AnomalyDetector.load(file, options), options);
    }

    /**
     * Loads another model with its warm-up, switches to it, and closes the previous one when its calls have ended.
     * Returns after that; inside a detection (in an observer, or an action that depends on an asynchronous result) it
     * returns without waiting. If the model cannot be loaded, the previous one stays in use.
     *
     * @param file a model file
     * @throws RlrException as {@link AnomalyDetector#load(Path, DetectorOptions)}
     * @throws IllegalStateException if this detector was closed
     */
    public void reload(Path file) {
        try {
            reloading.lockInterruptibly();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        try {
            requireOpen();
            change(AnomalyDetector.load(file, options));
        } finally {
            reloading.unlock();
        }
    }

    /**
     * Switches to another detector, and closes the previous one when its calls have ended.
     *
     * @param next any detector except this one and the current one; closed by this detector, even if this one is
     *     already closed
     * @throws IllegalArgumentException if it is this detector or the current one; nothing is closed
     * @throws CancelledException if the thread is interrupted while another model is loaded; {@code next} is closed
     * @throws IllegalStateException if this detector was closed
     */
    public void replace(Detector next) {
        Objects.requireNonNull(next, "next");
        boolean refused = next == this;
        boolean changed = false;
        try {
            if (!refused) {
                reloading.lockInterruptibly();
                try {
                    requireOpen();
                    refused = next == serving.detector;
                    if (!refused) {
                        change(next);
                        changed = true;
                    }
                } finally {
                    reloading.unlock();
                }
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            if (!changed && !refused) {
                next.close();
            }
        }
        if (refused) {
            throw new IllegalArgumentException("the detector is already in use; give another one");
        }
    }

    private static CancelledException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new CancelledException("interrupted while another model is loaded", "", e);
    }

    private void change(Detector next) {
        Serving before = serving;
        serving = new Serving(next);
        if (closed) {
            next.close(); // while the model was loaded
        }
        before.retire(!inCalls.contains(Thread.currentThread()));
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the detector is closed");
        }
    }

    private Serving enter() {
        while (true) {
            requireOpen();
            Serving now = serving;
            if (now.enter()) {
                return now;
            }
            Thread.onSpinWait(); // just retired: the next detector is already current, or this detector is closed
        }
    }

    private <T> T call(Function<Detector, T> call) {
        Serving now = enter();
        try {
            return inCall(() -> call.apply(now.detector));
        } finally {
            now.leave();
        }
    }

    /** Marks the thread as one that must not wait for calls to end. */
    private <T> T inCall(Supplier<T> work) {
        boolean outermost = inCalls.add(Thread.currentThread());
        try {
            return work.get();
        } finally {
            if (outermost) {
                inCalls.remove(Thread.currentThread());
            }
        }
    }

    @Override
    public Detection detect(ImageSource image, @Nullable String className) {
        return call(detector -> detector.detect(image, className));
    }

    @Override
    public CompletableFuture<Detection> detectAsync(ImageSource image, @Nullable String className) {
        Serving now = enter();
        CompletableFuture<Detection> working;
        try {
            working = now.detector.detectAsync(image, className);
        } catch (Throwable t) {
            now.leave();
            throw t;
        }
        CompletableFuture<Detection> result = new AbandonableDetection() {
            @Override
            void giveUp() {
                working.cancel(true); // no effect if it is done
            }
        };
        // leave first: actions that depend on the result may close this detector
        CompletableFuture<?> unused = working.whenComplete((detection, failure) -> {
            now.leave();
            inCall(() -> failure == null ? result.complete(detection) : result.completeExceptionally(failure));
        });
        return result;
    }

    @Override
    public ModelInfo info() {
        return serving.detector.info();
    }

    @Override
    public MemoryUse memory() {
        return call(Detector::memory);
    }

    @Override
    public void trim() {
        call(detector -> {
            detector.trim();
            return true;
        });
    }

    /** As {@link AnomalyDetector#close}: waits for the calls in progress; calls that wait for a slot fail. */
    @Override
    public void close() {
        closed = true;
        Serving last = serving;
        last.detector.close();
        if (inCalls.contains(Thread.currentThread()) && reloading.isLocked()) {
            return; // a reload that waits for this call sees that this detector is closed
        }
        reloading.lock(); // waits for a running reload
        try {
            serving.detector.close();
        } finally {
            reloading.unlock();
        }
    }
}
