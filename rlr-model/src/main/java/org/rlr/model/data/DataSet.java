package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;
import org.rlr.tensor.RlrException;

/**
 * A data set on disk: one or several product classes, each with images to train and to test on. Nothing of the images is read yet but the
 * names of their files.
 *
 * @param root    its folder
 * @param layout  the name of the {@link DataLayout} that it was read as
 * @param classes its classes, sorted by name, at least one
 */
public record DataSet(Path root, String layout, List<ClassSamples> classes) {
    /** Copies the list. */
    public DataSet {
        classes = List.copyOf(classes);
        if (classes.isEmpty()) {
            throw new IllegalArgumentException("a data set needs a class");
        }
    }

    /** The training images of all classes, class by class. */
    public List<Sample> train() {
        return classes.stream().flatMap(each -> each.train().stream()).toList();
    }

    /** The test images of all classes, class by class. */
    public List<Sample> test() {
        return classes.stream().flatMap(each -> each.test().stream()).toList();
    }

    /**
     * Checks that every class can be trained on.
     *
     * @return this
     * @throws RlrException if a class has no training image, naming where they belong
     */
    public DataSet requireTraining() {
        for (ClassSamples each : classes) {
            if (each.train().isEmpty()) {
                throw new RlrException("class " + each.name() + " has no training images; put normal images into "
                        + each.folder().resolve("train").resolve(Sample.GOOD));
            }
        }
        return this;
    }

    /**
     * Checks, from names and headers alone, that every class can be evaluated: it has test images, each image of a defect has a mask, and each
     * mask has its image's size.
     *
     * @return this
     * @throws RlrException if not, naming the first file at fault
     */
    public DataSet requireEvaluation() {
        for (ClassSamples each : classes) {
            if (each.test().isEmpty()) {
                throw new RlrException("class " + each.name() + " has no test images; put normal ones into "
                        + each.folder().resolve("test").resolve(Sample.GOOD) + " and defective ones into "
                        + each.folder().resolve("test").resolve("<defect>"));
            }
            requireMasks(each);
        }
        return this;
    }

    private static void requireMasks(ClassSamples each) {
        List<Sample> unmasked = each.test().stream().filter(sample -> sample.anomalous() && sample.mask() == null).toList();
        if (!unmasked.isEmpty()) {
            Sample first = unmasked.get(0);
            throw new RlrException("class " + each.name() + ": " + unmasked.size() + " defective test "
                    + (unmasked.size() == 1 ? "image has" : "images have") + " no mask, first " + first.image() + "; its mask belongs at "
                    + each.folder().resolve("ground_truth").resolve(first.defect()).resolve(Folders.stem(first.image()) + "_mask.png"));
        }
        for (Sample sample : each.test()) {
            if (sample.mask() != null) {
                Masks.checkSize(sample.mask(), Images.size(sample.mask()), sample.image(), Images.size(sample.image()));
            }
        }
    }
}
