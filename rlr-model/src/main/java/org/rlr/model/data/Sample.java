package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * One image of a data set.
 *
 * @param image the image
 * @param masks its masks, whose union counts; empty for none
 * @param className the product class
 * @param defect the kind of defect, or {@link #GOOD}
 * @param anomalous whether its folder or list marks it as anomalous; for evaluation an image is also anomalous if a
 *     mask has a pixel set
 */
public record Sample(ImageSource image, List<ImageSource> masks, String className, String defect, boolean anomalous) {
    /** The {@link #defect} of normal images. */
    public static final String GOOD = "good";

    /**
     * Checks that no value is null and that both names are valid folder names, and copies the list.
     *
     * @throws NullPointerException if a value is null
     * @throws DataSetException if the name of the class or of the defect is a path or empty
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

    /** Checks a name: names come from foreign lists and folders, and become names of output folders. */
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
     * Creates a sample from image and mask files.
     *
     * @param image its file
     * @param masks its mask files; empty for none
     * @param className the product class
     * @param defect the kind of defect, or {@link #GOOD}
     * @param anomalous whether it is known to be anomalous
     */
    public Sample(Path image, List<Path> masks, String className, String defect, boolean anomalous) {
        this(ImageSource.of(image), ImageSource.files(masks), className, defect, anomalous);
    }

    /**
     * Returns a normal image without a mask.
     *
     * @param image the image
     * @param className the product class
     * @return the sample
     */
    public static Sample good(ImageSource image, String className) {
        return new Sample(image, List.of(), className, GOOD, false);
    }

    /**
     * Returns a normal image in a file, without a mask.
     *
     * @param image its file
     * @param className the product class
     * @return the sample
     */
    public static Sample good(Path image, String className) {
        return good(ImageSource.of(image), className);
    }
}
