package org.rlr.tensor.nn;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Capture;

/**
 * Work that is done again and again on the same storages, such as a training step: submitted the first time, captured
 * the second where the backend does that, and run as a capture from then on. The numbers are the same bits either way.
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
     * A step.
     *
     * @param backend captures, where it can
     * @param capturable false for one that the body changes over time
     * @param streamsPerStep as {@link Backend#capture} has it
     * @param body submits the step of that number, and is bound by the rules of {@link Backend#capture}
     * @param replayed called in place of the body where a capture makes the step: for what the host counts, see
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
     * Makes the step of that number, see {@link Capture#run}.
     *
     * @param step number of the step, from 1 as {@link org.rlr.tensor.backend.Backend#adam} counts
     * @param learningRate of the step, as a capture takes it; the body has its own
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

    /** Gives the capture back. */
    @Override
    public void close() {
        if (capture != null) {
            capture.close();
            capture = null;
        }
    }
}
