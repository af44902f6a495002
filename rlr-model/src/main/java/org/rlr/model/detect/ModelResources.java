package org.rlr.model.detect;

import java.lang.ref.Cleaner;
import org.rlr.model.RlrModel;

/** Everything that a detector frees, by its hand or, where it was forgotten, by the garbage collector's. */
final class ModelResources implements Runnable {
    private static final System.Logger LOG = System.getLogger(AnomalyDetector.class.getName());
    private static final Cleaner CLEANER = Cleaner.create();

    private final String source;
    private final RlrModel parts;
    private final boolean ownsBackend;
    private final Cleaner.Cleanable cleanable;
    private volatile boolean closed;

    /**
     * @param source names the model in the warning
     * @param model while it is reachable nothing is freed: whoever has the detector's scorer or its model still uses it
     */
    ModelResources(String source, RlrModel model, boolean ownsBackend) {
        this.source = source;
        this.parts = model.with(model.info());
        this.ownsBackend = ownsBackend;
        this.cleanable = CLEANER.register(model, this);
    }

    void close() {
        closed = true;
        cleanable.clean();
    }

    @Override
    public void run() {
        if (!closed) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "a detector of {0} was never closed; its threads and memory are freed now."
                            + " Close detectors, as with try-with-resources",
                    source);
        }
        try {
            parts.close();
        } finally {
            if (ownsBackend) {
                parts.backend().close();
            }
        }
    }
}
