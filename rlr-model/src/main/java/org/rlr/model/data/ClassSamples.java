package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The images of one product class, in an order that is the same on every machine.
 *
 * @param name the class's name
 * @param folder where it lies; null for images from anywhere
 * @param train normal images to train on; may be empty where a data set is for evaluation only
 * @param validation normal images held out of training and test, as MVTec LOCO has them; usually empty
 * @param test normal and anomalous images to evaluate on; may be empty where a data set is for training only
 */
public record ClassSamples(
        String name, @Nullable Path folder, List<Sample> train, List<Sample> validation, List<Sample> test) {
    /**
     * Checks the name and copies the lists.
     *
     * @throws DataSetException if the class has no name
     */
    public ClassSamples {
        if (name.isBlank()) {
            throw new DataSetException("a product class has no name", "name it, as its folder or in its list", null);
        }
        train = List.copyOf(train);
        validation = List.copyOf(validation);
        test = List.copyOf(test);
    }

    /**
     * Creates a class without validation images.
     *
     * @param name the class's name
     * @param folder where it lies; null for images from anywhere
     * @param train normal images to train on; may be empty where a data set is for evaluation only
     * @param test normal and anomalous images to evaluate on; may be empty where a data set is for training only
     */
    public ClassSamples(String name, @Nullable Path folder, List<Sample> train, List<Sample> test) {
        this(name, folder, train, List.of(), test);
    }

    /**
     * Returns a path in the class's folder, for the layout that read it.
     *
     * @param names nested folders
     * @return the path
     * @throws IllegalStateException if the class has no folder
     */
    public Path place(String... names) {
        if (folder == null) {
            throw new IllegalStateException("class " + name + " has no folder");
        }
        Path place = folder;
        for (String each : names) {
            place = place.resolve(each);
        }
        return place;
    }
}
