package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;

/**
 * The images of one product class, sorted: the same list on every machine.
 *
 * @param name the class's name
 * @param folder where it lies
 * @param train normal images to train on; may be empty where a data set is for evaluation only
 * @param validation normal images held out of training and test, as MVTec LOCO has them; usually empty
 * @param test normal and anomalous images to evaluate on; may be empty where a data set is for training only
 */
public record ClassSamples(String name, Path folder, List<Sample> train, List<Sample> validation, List<Sample> test) {
    /** Copies the lists. */
    public ClassSamples {
        train = List.copyOf(train);
        validation = List.copyOf(validation);
        test = List.copyOf(test);
    }

    /**
     * A class without images held out.
     *
     * @param name the class's name
     * @param folder where it lies
     * @param train normal images to train on; may be empty where a data set is for evaluation only
     * @param test normal and anomalous images to evaluate on; may be empty where a data set is for training only
     */
    public ClassSamples(String name, Path folder, List<Sample> train, List<Sample> test) {
        this(name, folder, train, List.of(), test);
    }
}
