package org.rlr.model.detect;

import java.lang.ref.Cleaner;
import org.rlr.model.RlrModel;

/** The resources of a detector; freed by its {@code close} or, for a forgotten detector, by the garbage collector. */
final class ModelResources implements Runnable {
    private static final System.Logger LOG = System.getLogger(AnomalyDetector.class.getName());
    private static final Cleaner CLEANER = Cleaner.create();

    private final String source;
    private final RlrModel parts;
    private final boolean ownsBackend;
    private final Cleaner.Cleanable cleanable;
    private volatile boolean closed;

    /**
     * @param source name of the model for the warning
     * @param model nothing is freed while it is reachable, as users of the detector's scorer or model still need it
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
                            + " Close detectors, for example with try-with-resources",
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
