package org.rlr.model.data;

import java.nio.file.Path;
import java.util.Optional;

/** A way to arrange a data set in folders. A new layout needs a {@link DataLayoutProvider}. */
public interface DataLayout {
    /** {@return the name by which users choose it} */
    String name();

    /** {@return a short description of the folders, for messages} */
    String description();

    /**
     * Describes how to arrange your own images in this layout, for the error about a folder in no known layout.
     *
     * @return the text after "arrange it as", without a full stop; empty by default, as for published data sets, which
     *     the error only names
     */
    default Optional<String> ownImages() {
        return Optional.empty();
    }

    /**
     * Returns a short reason why an existing folder is in this layout, or empty if it is not. Looks only at names, and
     * at most three levels deep.
     *
     * @param root an existing folder
     * @return the reason for people to read, or empty
     */
    Optional<String> evidence(Path root);

    /**
     * Reads the names of the data set's files. Files named in a list of the data set may be missing:
     * {@link DataSet#requireTraining} checks that.
     *
     * @param root an existing folder
     * @return the data set, with at least one class
     * @throws DataSetException if a required file or folder is missing, with its name and place
     */
    DataSet read(Path root);

    /**
     * Returns the remedy for a class without training images: the end of an error.
     *
     * @param samples the class
     * @return without a full stop
     */
    default String trainingRemedy(ClassSamples samples) {
        return "put normal images into " + samples.place("train", Sample.GOOD);
    }

    /**
     * Returns the remedy for a data set without test images: the end of an error.
     *
     * @param samples its first class
     * @return without a full stop
     */
    default String testRemedy(ClassSamples samples) {
        Path test = samples.place("test");
        return "put normal ones into " + test.resolve(Sample.GOOD) + " and defective ones into "
                + test.resolve("<defect>");
    }
}
