package org.rlr.tensor.nn;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Capture;

/**
 * Work that repeats on the same storages, such as a training step. The first step is submitted, the second is captured
 * if the backend can, and later steps replay the capture. The results are bit-identical either way.
 */
public final class RepeatedStep implements AutoCloseable {
    private final Backend backend;
    private final int streamsPerStep;
    private final LongConsumer body;
    private final Runnable replayed;
    private boolean capturable;
    private boolean ran;
    private @Nullable Capture capture;

    /**
     * Creates a step without running it.
     *
     * @param backend captures the step if it can
     * @param capturable false if the body changes over time
     * @param streamsPerStep as in {@link Backend#capture}
     * @param body submits the step with the given number and follows the rules of {@link Backend#capture}
     * @param replayed called instead of the body when a capture runs the step, to update the host's counters, see
     *     {@link Adam#stepped}
     */
    public RepeatedStep(Backend backend, boolean capturable, int streamsPerStep, LongConsumer body, Runnable replayed) {
        this.backend = backend;
        this.capturable = capturable;
        this.streamsPerStep = streamsPerStep;
        this.body = body;
        this.replayed = replayed;
    }

    /**
     * Runs the step with the given number, see {@link Capture#run}.
     *
     * @param step number of the step, from 1 as {@link org.rlr.tensor.backend.Backend#adam} counts
     * @param learningRate learning rate for a capture; the body uses its own
     */
    public void run(long step, float learningRate) {
        if (capture != null) {
            replayed.run();
        } else if (ran && capturable) {
            capture = backend.capture(step, streamsPerStep, () -> body.accept(step))
                    .orElse(null);
            capturable = capture != null;
        }
        if (capture != null) {
            capture.run(step, learningRate);
        } else {
            body.accept(step);
        }
        ran = true;
    }

    /** Releases the capture. */
    @Override
    public void close() {
        if (capture != null) {
            capture.close();
            capture = null;
        }
    }
}
