package org.rlr.model.detect;

/**
 * Receives the durations of every detection, for example for metrics. With Micrometer:
 *
 * <pre>{@code
 * DetectorOptions.builder().observer(times -> {
 *     registry.timer("rlr.detect", "step", "waiting").record(times.waiting());
 *     registry.timer("rlr.detect", "step", "decode").record(times.decode());
 *     registry.timer("rlr.detect", "step", "backbone").record(times.backbone());
 *     registry.timer("rlr.detect", "step", "transformer").record(times.transformer());
 * })
 * }</pre>
 */
@FunctionalInterface
public interface DetectionObserver {
    /** Ignores all detections. */
    DetectionObserver NONE = times -> {};

    /**
     * Called after an image was examined, on the thread that examined it, after its slot was released. Exceptions from
     * this method are logged; they do not reach the caller of {@code detect}.
     *
     * @param times durations of the steps of the call
     */
    void examined(DetectionTimes times);
}
