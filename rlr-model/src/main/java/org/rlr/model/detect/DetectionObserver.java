package org.rlr.model.detect;

/**
 * Sees how long every detection took, as for metrics. With Micrometer:
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
    /** Sees nothing. */
    DetectionObserver NONE = times -> {};

    /**
     * An image was examined. Called on the thread that examined it, after its place was given to the next; what this
     * throws is logged and does not reach the caller of {@code detect}.
     *
     * @param times of the steps of the call
     */
    void examined(DetectionTimes times);
}
