package org.rlr.model.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageSource;

/**
 * The images of a training, all normal.
 *
 * @param training learned from
 * @param validation held out, for choosing an epoch; empty where none are
 * @param classes names of their classes, for the model's description
 * @param labels the class of each image learned from, so that the model can recognise it; empty where it is not known
 */
public record TrainingImages(
        List<ImageSource> training, List<ImageSource> validation, List<String> classes, List<String> labels) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if there are labels of some images only
     */
    public TrainingImages {
        training = List.copyOf(training);
        validation = List.copyOf(validation);
        classes = List.copyOf(classes);
        labels = List.copyOf(labels);
        if (!labels.isEmpty() && labels.size() != training.size()) {
            throw new IllegalArgumentException(labels.size() + " labels of " + training.size() + " training images");
        }
    }

    /**
     * Images of one class, or of several where it is not known which image is of which.
     *
     * @param training learned from
     * @param validation held out, for choosing an epoch; empty where none are
     * @param classes names of their classes, for the model's description
     */
    public TrainingImages(List<ImageSource> training, List<ImageSource> validation, List<String> classes) {
        this(
                training,
                validation,
                classes,
                classes.size() == 1 ? Collections.nCopies(training.size(), classes.get(0)) : List.of());
    }

    /** The error of a training without images. */
    static DataSetException none() {
        return new DataSetException("there are no training images", "give at least one normal image", null);
    }

    /** Those learned from, then those held out. */
    List<ImageSource> all() {
        List<ImageSource> all = new ArrayList<>(training);
        all.addAll(validation);
        return all;
    }
}
