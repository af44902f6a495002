package org.rlr.spark;

import java.io.Serializable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.Images;
import org.rlr.model.detect.DetectorOptions;
import org.rlr.tensor.InvalidSettingException;

/**
 * Options for examining images on a cluster: {@code ScoreOptions.builder().classColumn("class").map(true).build()}.
 *
 * @param classColumn the column with the product class of each image, whose threshold is then used; if a row has no
 *     class, the model recognises it. Null if the images have no such column.
 * @param map whether the result has the anomaly map of each image, 4 bytes for each of its pixels
 * @param backend name of the backend that each executor opens, as {@link DetectorOptions#backend}
 * @param maxConcurrent images that an executor examines at once; other tasks wait. 0 for one in each running task.
 * @param maxPixels pixels of the largest image that is decoded; larger images get a row with an error
 */
public record ScoreOptions(@Nullable String classColumn, boolean map, String backend, int maxConcurrent, long maxPixels)
        implements Serializable {
    /** No class column, no map, the preferred backend, one image in each running task. */
    public static final ScoreOptions DEFAULTS = builder().build();

    /**
     * Checks the values.
     *
     * @param classColumn the column with the product class of each image; null for none
     * @param map whether the anomaly maps are kept
     * @param backend name of the backend
     * @param maxConcurrent images at once in an executor; 0 for one in each running task
     * @param maxPixels pixels of the largest image
     * @throws InvalidSettingException if one is out of range
     */
    public ScoreOptions {
        Objects.requireNonNull(backend, "backend");
        InvalidSettingException.require(
                maxConcurrent >= 0 && maxConcurrent <= 1024,
                "maxConcurrent",
                maxConcurrent,
                "between 1 and 1024, or 0 for one in each running task");
        InvalidSettingException.require(
                maxPixels >= 1 && maxPixels <= Images.MAX_PIXELS,
                "maxPixels",
                maxPixels,
                "between 1 and " + Images.MAX_PIXELS);
    }

    /** {@return a builder of the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** The options of an executor's detector, with this number of threads for all its tasks. */
    DetectorOptions detector(int threads) {
        return DetectorOptions.builder()
                .backend(backend)
                .threads(threads)
                .maxConcurrent(maxConcurrent == 0 ? 1024 : maxConcurrent)
                .maxPixels(maxPixels)
                .build();
    }

    /** Collects options. */
    public static final class Builder {
        private @Nullable String classColumn;
        private boolean map;
        private String backend = "auto";
        private int maxConcurrent;
        private long maxPixels = Images.MAX_PIXELS;

        private Builder() {}

        /**
         * Sets {@link ScoreOptions#classColumn}.
         *
         * @param name a text column; null by default
         * @return this builder
         */
        public Builder classColumn(@Nullable String name) {
            classColumn = name;
            return this;
        }

        /**
         * Sets {@link ScoreOptions#map}.
         *
         * @param kept whether to keep the anomaly maps; false by default
         * @return this builder
         */
        public Builder map(boolean kept) {
            map = kept;
            return this;
        }

        /**
         * Sets {@link ScoreOptions#backend}.
         *
         * @param name the name of the backend; {@code "auto"} by default
         * @return this builder
         */
        public Builder backend(String name) {
            backend = name;
            return this;
        }

        /**
         * Sets {@link ScoreOptions#maxConcurrent}.
         *
         * @param images at once in an executor; 0 by default
         * @return this builder
         */
        public Builder maxConcurrent(int images) {
            maxConcurrent = images;
            return this;
        }

        /**
         * Sets {@link ScoreOptions#maxPixels}.
         *
         * @param pixels pixels of the largest image; 134,217,728 by default
         * @return this builder
         */
        public Builder maxPixels(long pixels) {
            maxPixels = pixels;
            return this;
        }

        /**
         * Checks the values.
         *
         * @return the options
         * @throws InvalidSettingException if one is out of range
         */
        public ScoreOptions build() {
            return new ScoreOptions(classColumn, map, backend, maxConcurrent, maxPixels);
        }
    }
}
