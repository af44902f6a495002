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
 * Options of a detector: {@code DetectorOptions.builder().maxConcurrent(1).warmUp(true).build()}.
 *
 * @param backend name of the backend as in {@link Backends#open}: {@code "auto"}, {@code "cpu"}, {@code "cuda:1"}
 * @param openBackend an open backend, owned by the caller; null to open the named one
 * @param settings threads and precision for the backend to open
 * @param maxConcurrent images that are decoded and computed at once; further calls wait in order. One image already
 *     uses all threads of the backend; with two, one is decoded while the other is computed. More only cost memory.
 * @param maxWait longest time that a call waits for its turn before it fails; null for no limit
 * @param maxQueued how many calls of {@link Detector#detectAsync(org.rlr.model.data.ImageSource)} may wait; further
 *     ones fail at once
 * @param maxPixels pixels of the largest image that is decoded; larger images cause an {@link ImageException}
 * @param warmUp whether creating a detector first examines images until this gets no faster: the JVM then compiles the
 *     kernels before the first request
 * @param idleTrim time without calls after which memory kept for reuse is released; null for never
 * @param observer receives the durations of each call's steps
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
    /** The preferred backend, two images at once, no limit on waiting, memory released after a minute, no warm-up. */
    public static final DetectorOptions DEFAULTS = builder().build();

    /**
     * Checks the values.
     *
     * @throws InvalidSettingException if a value is out of range
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

    /** {@return a builder with the defaults} */
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
         * @param name name of the backend; default {@code "auto"}
         * @return this builder
         */
        public Builder backend(String name) {
            backend = name;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#openBackend}.
         *
         * @param value an open backend, owned by the caller
         * @return this builder
         */
        public Builder openBackend(Backend value) {
            openBackend = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#settings}.
         *
         * @param value threads and precision for the backend
         * @return this builder
         */
        public Builder settings(BackendSettings value) {
            settings = value;
            return this;
        }

        /**
         * Sets the threads of {@link DetectorOptions#settings}.
         *
         * @param number number of computing threads, including the calling one; 0 for one per core
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
         * @param value images at once; default 2
         * @return this builder
         */
        public Builder maxConcurrent(int value) {
            maxConcurrent = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#maxWait}.
         *
         * @param value longest waiting time of a call; default: no limit
         * @return this builder
         */
        public Builder maxWait(@Nullable Duration value) {
            maxWait = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#maxQueued}.
         *
         * @param value asynchronous calls that may wait; default 1000
         * @return this builder
         */
        public Builder maxQueued(int value) {
            maxQueued = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#maxPixels}.
         *
         * @param value pixels of the largest image; default 134,217,728
         * @return this builder
         */
        public Builder maxPixels(long value) {
            maxPixels = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#warmUp}.
         *
         * @param value whether creating a detector first examines images; default false
         * @return this builder
         */
        public Builder warmUp(boolean value) {
            warmUp = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#idleTrim}.
         *
         * @param value time without calls after which memory is released; default one minute
         * @return this builder
         */
        public Builder idleTrim(@Nullable Duration value) {
            idleTrim = value;
            return this;
        }

        /**
         * Sets {@link DetectorOptions#observer}.
         *
         * @param value receives the durations of every call; default none
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
         * @throws InvalidSettingException if a value is out of range
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
