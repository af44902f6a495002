package org.rlr.model.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageSource;

/**
 * The images of a training, all normal.
 *
 * @param training the training images
 * @param validation held-out images, for choosing an epoch; may be empty
 * @param classes names of their classes, for the model's description
 * @param labels the class of each training image, so that the model can recognise classes; empty if unknown
 */
public record TrainingImages(
        List<ImageSource> training, List<ImageSource> validation, List<String> classes, List<String> labels) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if only some images have labels
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
     * Creates images without labels: of one class, or of several whose images are not assigned.
     *
     * @param training the training images
     * @param validation held-out images, for choosing an epoch; may be empty
     * @param classes names of their classes, for the model's description
     */
    public TrainingImages(List<ImageSource> training, List<ImageSource> validation, List<String> classes) {
        this(
                training,
                validation,
                classes,
                classes.size() == 1 ? Collections.nCopies(training.size(), classes.get(0)) : List.of());
    }

    /** Returns the error of a training without images. */
    static DataSetException none() {
        return new DataSetException("there are no training images", "give at least one normal image", null);
    }

    /** Returns the training images, then the held-out images. */
    List<ImageSource> all() {
        List<ImageSource> all = new ArrayList<>(training);
        all.addAll(validation);
        return all;
    }
}
