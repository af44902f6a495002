package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * One image of a data set.
 *
 * @param image where it is read from
 * @param masks images that say where it is anomalous, which is where any of them does; empty where there is none
 * @param className the product class
 * @param defect the kind of defect, or {@link #GOOD}
 * @param anomalous whether it is known to be anomalous by where it lies; for evaluation an image is also anomalous if a
 *     mask has a pixel set
 */
public record Sample(ImageSource image, List<ImageSource> masks, String className, String defect, boolean anomalous) {
    /** The {@link #defect} of normal images. */
    public static final String GOOD = "good";

    /**
     * Checks that nothing is null and that the names can be those of a folder, and copies the list.
     *
     * @throws NullPointerException if something is null
     * @throws DataSetException if the class or the defect is named by a path, or by text that is no name
     */
    public Sample {
        Objects.requireNonNull(image, "image");
        masks = List.copyOf(masks);
        Objects.requireNonNull(className, "className");
        Objects.requireNonNull(defect, "defect");
        requireName("class", className, image);
        if (defect.isBlank()) {
            throw new DataSetException("the defect of " + image.id() + " has no name", "name it", null);
        }
        requireName("defect", defect, image);
    }

    /** Names come from lists and folders of others, and become folders of what is written. */
    private static void requireName(String what, String name, ImageSource image) {
        if (name.equals(".")
                || name.equals("..")
                || name.chars().anyMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c))) {
            throw new DataSetException(
                    "the " + what + " of " + image.id() + " is named \"" + name.replaceAll("\\p{Cntrl}", "?")
                            + "\", which cannot be the name of a folder",
                    "name it without slashes and control characters",
                    null);
        }
    }

    /**
     * An image in a file.
     *
     * @param image its file
     * @param masks the files that say where it is anomalous; empty where there is none
     * @param className the product class
     * @param defect the kind of defect, or {@link #GOOD}
     * @param anomalous whether it is known to be anomalous
     */
    public Sample(Path image, List<Path> masks, String className, String defect, boolean anomalous) {
        this(ImageSource.of(image), ImageSource.files(masks), className, defect, anomalous);
    }

    /**
     * A normal image without a mask.
     *
     * @param image where it is read from
     * @param className the product class
     * @return the sample
     */
    public static Sample good(ImageSource image, String className) {
        return new Sample(image, List.of(), className, GOOD, false);
    }

    /**
     * A normal image in a file, without a mask.
     *
     * @param image its file
     * @param className the product class
     * @return the sample
     */
    public static Sample good(Path image, String className) {
        return good(ImageSource.of(image), className);
    }
}
