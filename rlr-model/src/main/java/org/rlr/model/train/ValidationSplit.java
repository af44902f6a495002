package org.rlr.model.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Validation;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Sample;

/**
 * Holds images out of training: the same share of each class, chosen by the seed and the class's name, independent of
 * other classes.
 */
public final class ValidationSplit {
    private ValidationSplit() {}

    /**
     * Returns the images to train on and the held-out images.
     *
     * @param data with training images
     * @param validation the share to hold out; null for none
     * @param seed the training's
     * @return training images of all classes, and held-out images: the given share of each class, rounded, but at least
     *     one and not all
     * @throws DataSetException if images are to be held out and a class has a single training image
     */
    public static TrainingImages of(DataSet data, @Nullable Validation validation, long seed) {
        List<ImageSource> training = new ArrayList<>();
        List<ImageSource> held = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        for (ClassSamples each : data.classes()) {
            boolean[] out = validation == null ? new boolean[each.train().size()] : heldOut(each, validation, seed);
            for (int i = 0; i < out.length; i++) {
                (out[i] ? held : training).add(each.train().get(i).image());
            }
            labels.addAll(Collections.nCopies(training.size() - labels.size(), each.name()));
        }
        return new TrainingImages(
                training, held, data.classes().stream().map(ClassSamples::name).toList(), labels);
    }

    /**
     * Returns the images held out by {@link #of}, by class.
     *
     * @param data with training images
     * @param validation the share to hold out
     * @param seed the training's
     * @return images by class, in the order of the data set
     * @throws DataSetException if a class has a single training image
     */
    public static Map<String, List<ImageSource>> heldOut(DataSet data, Validation validation, long seed) {
        Map<String, List<ImageSource>> held = new LinkedHashMap<>();
        for (ClassSamples each : data.classes()) {
            boolean[] out = heldOut(each, validation, seed);
            held.put(
                    each.name(),
                    IntStream.range(0, out.length)
                            .filter(i -> out[i])
                            .mapToObj(i -> each.train().get(i).image())
                            .toList());
        }
        return held;
    }

    /**
     * Returns the number of a class's images that a share holds out: rounded, at least one and not all of two or more.
     */
    static int count(int images, double fraction) {
        return (int) Math.min(images - 1, Math.max(1, Math.round(fraction * images)));
    }

    private static boolean[] heldOut(ClassSamples each, Validation validation, long seed) {
        int images = each.train().size();
        if (images < 2) {
            throw new DataSetException(
                    "class " + each.name() + " has a single training image, too few for `validation` "
                            + validation.fraction(),
                    (each.folder() == null
                                    ? "add more normal images with DataSet.Builder.train"
                                    : "put more normal images into " + each.place("train", Sample.GOOD))
                            + ", or train without `validation`",
                    null);
        }
        int count = count(images, validation.fraction());
        int[] order = new int[images];
        Arrays.setAll(order, i -> i);
        SplittableRandom random = new SplittableRandom(seed ^ (long) each.name().hashCode() << 32);
        boolean[] out = new boolean[images];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i, images);
            out[order[j]] = true;
            order[j] = order[i];
        }
        return out;
    }
}
