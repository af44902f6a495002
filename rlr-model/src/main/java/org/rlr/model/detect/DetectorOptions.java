package org.rlr.model.detect;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.Images;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/**
 * How a detector runs: {@code DetectorOptions.builder().maxConcurrent(1).warmUp(true).build()}.
 *
 * @param backend name of the backend as in {@link Backends#open}: {@code "auto"}, {@code "cpu"}, {@code "cuda:1"}
 * @param openBackend a backend that is open and stays the caller's; null to open the one of that name
 * @param settings threads and precision of the backend that is opened
 * @param maxConcurrent images that are decoded and computed at once; further calls wait in their order. One image
 *     already uses all threads of the backend: of two at once one is decoded while the other is computed, and more take
 *     memory and bring nothing.
 * @param maxWait how long a call waits for its turn before it fails; null for as long as it takes
 * @param maxQueued calls of {@link Detector#detectAsync(org.rlr.model.data.ImageSource)} that may wait; further ones
 *     fail at once
 * @param maxPixels pixels of the largest image that is decoded; larger ones are an {@link ImageException}
 * @param warmUp whether images are examined before the detector is given out, until they do not become faster: the JVM
 *     compiles the kernels then, and the first request is as fast as the others
 * @param idleTrim how long no call must come before memory kept for reuse is given back; null for never
 * @param observer sees how long the steps of each call took
 */
public record DetectorOptions(
        String backend,
        @Nullable Backend openBackend,
        BackendSettings settings,
        int maxConcurrent,
        @Nullable Duration maxWait,
        int maxQueued,
        long maxPixels,
        boolean warmUp,
        @Nullable Duration idleTrim,
        DetectionObserver observer) {
    /**
     * The preferred backend, two images at once, waiting without a limit, memory given back after a minute, no warm-up.
     */
    public static final DetectorOptions DEFAULTS = builder().build();

    /**
     * Checks the values.
     *
     * @throws InvalidSettingException if one is out of range
     */
    public DetectorOptions {
        Objects.requireNonNull(backend, "backend");
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(observer, "observer");
        InvalidSettingException.require(
                maxConcurrent >= 1 && maxConcurrent <= 1024, "maxConcurrent", maxConcurrent, "between 1 and 1024");
        InvalidSettingException.require(
                maxWait == null || !maxWait.isNegative(), "maxWait", maxWait, "at least 0, or null for no limit");
        InvalidSettingException.require(maxQueued >= 1, "maxQueued", maxQueued, "at least 1");
        InvalidSettingException.require(
                maxPixels >= 1 && maxPixels <= Images.MAX_PIXELS,
                "maxPixels",
                maxPixels,
                "between 1 and " + Images.MAX_PIXELS);
        InvalidSettingException.require(
                idleTrim == null || !(idleTrim.isNegative() || idleTrim.isZero()),
                "idleTrim",
                idleTrim,
                "above 0, or null for never");
    }

    /** {@return a builder of the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects options. */
    public static final class Builder {
        private String backend = "auto";
        private @Nullable Backend openBackend;
        private BackendSettings settings = BackendSettings.DEFAULTS;
        private int maxConcurrent = 2;
        private @Nullable Duration maxWait;
        private int maxQueued = 1000;
        private long maxPixels = Images.MAX_PIXELS;
        private boolean warmUp;
        private @Nullable Duration idleTrim = Duration.ofMinutes(1);
        private DetectionObserver observer = DetectionObserver.NONE;

        private Builder() {}

        /**
         * Sets {@link DetectorOptions#backend}.
         *
         * @param name of the backend; unless set, {@code "auto"}
         * @return this builder
         */
        public Builder backend(String name) {
            backend = name;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#openBackend}.
         *
         * @param value is open and stays the caller's
         * @return this builder
         */
        public Builder openBackend(Backend value) {
            openBackend = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#settings}.
         *
         * @param value threads and precision of the backend
         * @return this builder
         */
        public Builder settings(BackendSettings value) {
            settings = value;
            return this;
        }

        /**
         * Sets the threads of {@link DetectorOptions#settings}.
         *
         * @param number threads that compute, the calling one included; 0 for as many as there are cores
         * @return this builder
         * @throws InvalidSettingException if it is out of range
         */
        public Builder threads(int number) {
            settings = settings.withThreads(number);
            return this;
        }

        /**
         * Sets {@link DetectorOptions#maxConcurrent}.
         *
         * @param value images at once; unless set, 2
         * @return this builder
         */
        public Builder maxConcurrent(int value) {
            maxConcurrent = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#maxWait}.
         *
         * @param value time that a call waits at most; unless set, no limit
         * @return this builder
         */
        public Builder maxWait(@Nullable Duration value) {
            maxWait = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#maxQueued}.
         *
         * @param value asynchronous calls that may wait; unless set, 1000
         * @return this builder
         */
        public Builder maxQueued(int value) {
            maxQueued = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#maxPixels}.
         *
         * @param value pixels of the largest image; unless set, 134,217,728
         * @return this builder
         */
        public Builder maxPixels(long value) {
            maxPixels = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#warmUp}.
         *
         * @param value whether images are examined before the detector is given out; unless set, false
         * @return this builder
         */
        public Builder warmUp(boolean value) {
            warmUp = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#idleTrim}.
         *
         * @param value time without a call after which memory is given back; unless set, a minute
         * @return this builder
         */
        public Builder idleTrim(@Nullable Duration value) {
            idleTrim = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#observer}.
         *
         * @param value sees every call; unless set, nobody does
         * @return this builder
         */
        public Builder observer(DetectionObserver value) {
            observer = value;
            return this;
        }

        /**
         * Checks the values.
         *
         * @return the options
         * @throws InvalidSettingException if one is out of range
         */
        public DetectorOptions build() {
            return new DetectorOptions(
                    backend,
                    openBackend,
                    settings,
                    maxConcurrent,
                    maxWait,
                    maxQueued,
                    maxPixels,
                    warmUp,
                    idleTrim,
                    observer);
        }
    }
}
