package org.rlr.model.train;

import java.util.ArrayList;
import java.util.List;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageSource;

/**
 * The images of a training, all normal.
 *
 * @param training learned from
 * @param validation held out, for choosing an epoch; empty where none are
 * @param classes names of their classes, for the model's description
 */
public record TrainingImages(List<ImageSource> training, List<ImageSource> validation, List<String> classes) {
    /** Copies the lists. */
    public TrainingImages {
        training = List.copyOf(training);
        validation = List.copyOf(validation);
        classes = List.copyOf(classes);
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
