package org.rlr.model.detect;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import org.rlr.tensor.CancelledException;

/** Measures the steps of one detection, and cancels it between two steps if its thread is interrupted. */
final class StageClock {
    enum Stage {
        DECODE,
        PREPROCESS,
        BACKBONE,
        TRANSFORMER,
        MAP
    }

    private final Map<Stage, Long> nanos = new EnumMap<>(Stage.class);

    <T> T time(Stage stage, Supplier<T> work) {
        CancelledException.throwIfInterrupted("an image was examined");
        long start = System.nanoTime();
        try {
            return work.get();
        } finally {
            nanos.merge(stage, System.nanoTime() - start, Long::sum);
        }
    }

    DetectionTimes times(long waitingNanos) {
        return new DetectionTimes(
                Duration.ofNanos(waitingNanos),
                of(Stage.DECODE),
                of(Stage.PREPROCESS),
                of(Stage.BACKBONE),
                of(Stage.TRANSFORMER),
                of(Stage.MAP));
    }

    private Duration of(Stage stage) {
        return Duration.ofNanos(nanos.getOrDefault(stage, 0L));
    }
}
