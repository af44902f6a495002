package org.rlr.model.data;

import java.nio.file.Path;
import java.util.Objects;

/**
 * One image of a data set.
 *
 * @param image     its file
 * @param mask      the file that says where it is anomalous, or null where there is none
 * @param className the product class
 * @param defect    the kind of defect, or {@link #GOOD}
 * @param anomalous whether it is known to be anomalous by where it lies; for evaluation an image is also anomalous if its mask has a pixel set
 */
public record Sample(Path image, Path mask, String className, String defect, boolean anomalous) {
    /** The {@link #defect} of normal images. */
    public static final String GOOD = "good";

    /** Checks that only the mask is null. */
    public Sample {
        Objects.requireNonNull(image, "image");
        Objects.requireNonNull(className, "className");
        Objects.requireNonNull(defect, "defect");
    }

    /** A normal image without a mask. */
    public static Sample good(Path image, String className) {
        return new Sample(image, null, className, GOOD, false);
    }
}
