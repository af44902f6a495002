package org.rlr.model.data;

import java.nio.file.Path;
import java.util.Optional;

/** A way to lay out a data set in folders. A new one needs a {@link DataLayoutProvider}. */
public interface DataLayout {
    /** {@return the name by which users choose it} */
    String name();

    /** {@return what it looks like, in a few words, for messages} */
    String description();

    /**
     * How to arrange images of one's own in this layout, for the error that a folder is in no known layout.
     *
     * @return to follow "arrange it as", without a full stop; empty unless overridden, as for published data sets, of
     *     which the error gives the name alone
     */
    default Optional<String> ownImages() {
        return Optional.empty();
    }

    /**
     * What shows that an existing folder is in this layout, in a few words; empty where nothing does. Looks at names
     * only, and at no more than three levels of folders.
     *
     * @param root an existing folder
     * @return for a person to read, or empty
     */
    Optional<String> evidence(Path root);

    /**
     * Reads the names of the data set's files. Files that a list of the data set names need not exist, see
     * {@link DataSet#requireTraining}.
     *
     * @param root an existing folder
     * @return the data set, with at least one class
     * @throws DataSetException if something that this layout needs is missing, naming it and where it belongs
     */
    DataSet read(Path root);

    /**
     * What to do where a class has no training images: the end of an error.
     *
     * @param samples the class
     * @return without a full stop
     */
    default String trainingRemedy(ClassSamples samples) {
        return "put normal images into " + samples.place("train", Sample.GOOD);
    }

    /**
     * What to do where a data set has no test images: the end of an error.
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
