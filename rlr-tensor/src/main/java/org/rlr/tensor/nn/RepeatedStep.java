package org.rlr.tensor.nn;

import java.util.function.LongConsumer;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Recording;

/**
 * Work that is done again and again on the same storages, such as a training step: submitted the first time, recorded
 * the second where the backend does that, and run as a recording from then on. The numbers are the same bits either
 * way.
 */
public final class RepeatedStep implements AutoCloseable {
    private final Backend backend;
    private final int streamsPerStep;
    private final LongConsumer body;
    private final Runnable replayed;
    private boolean recordable;
    private boolean ran;
    private Recording recording;

    /**
     * A step.
     *
     * @param backend records, where it can
     * @param recordable false for one that the body changes over time
     * @param streamsPerStep as {@link Backend#record} has it
     * @param body submits the step of that number, and is bound by the rules of {@link Backend#record}
     * @param replayed called in place of the body where a recording makes the step: for what the host counts, see
     *     {@link Adam#stepped}
     */
    public RepeatedStep(Backend backend, boolean recordable, int streamsPerStep, LongConsumer body, Runnable replayed) {
        this.backend = backend;
        this.recordable = recordable;
        this.streamsPerStep = streamsPerStep;
        this.body = body;
        this.replayed = replayed;
    }

    /**
     * Makes the step of that number, see {@link Recording#run}.
     *
     * @param step number of the step, from 1 as {@link org.rlr.tensor.backend.Backend#adam} counts
     * @param learningRate of the step, as a recording takes it; the body has its own
     */
    public void run(long step, float learningRate) {
        if (recording != null) {
            replayed.run();
        } else if (ran && recordable) {
            recording = backend.record(step, streamsPerStep, () -> body.accept(step))
                    .orElse(null);
            recordable = recording != null;
        }
        if (recording != null) {
            recording.run(step, learningRate);
        } else {
            body.accept(step);
        }
        ran = true;
    }

    /** Gives the recording back. */
    @Override
    public void close() {
        if (recording != null) {
            recording.close();
            recording = null;
        }
    }
}
