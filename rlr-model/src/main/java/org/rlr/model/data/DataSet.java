package org.rlr.model.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A data set on disk: one or several product classes, each with images to train and to test on. Nothing of the images
 * is read yet but the names of their files.
 *
 * @param root its folder
 * @param layout the name of the {@link DataLayout} that it was read as
 * @param classes its classes, sorted by name, at least one
 * @param notes what a user should know of how it was read, a sentence each; usually empty
 */
public record DataSet(Path root, String layout, List<ClassSamples> classes, List<String> notes) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if there is no class
     */
    public DataSet {
        classes = List.copyOf(classes);
        notes = List.copyOf(notes);
        if (classes.isEmpty()) {
            throw new IllegalArgumentException("a data set needs a class");
        }
    }

    /**
     * A data set of which there is nothing to note.
     *
     * @param root its folder
     * @param layout the name of the {@link DataLayout} that it was read as
     * @param classes its classes, sorted by name, at least one
     */
    public DataSet(Path root, String layout, List<ClassSamples> classes) {
        this(root, layout, classes, List.of());
    }

    /** {@return the training images of all classes, class by class} */
    public List<Sample> train() {
        return classes.stream().flatMap(each -> each.train().stream()).toList();
    }

    /** {@return the validation images of all classes, class by class} */
    public List<Sample> validation() {
        return classes.stream().flatMap(each -> each.validation().stream()).toList();
    }

    /** {@return the test images of all classes, class by class} */
    public List<Sample> test() {
        return classes.stream().flatMap(each -> each.test().stream()).toList();
    }

    /**
     * Checks that every class can be trained on.
     *
     * @return this
     * @throws DataSetException if a class has no training image, naming where they belong, or files of a list do not
     *     exist
     */
    public DataSet requireTraining() {
        for (ClassSamples each : classes) {
            if (each.train().isEmpty()) {
                throw new DataSetException(
                        "class " + each.name() + " has no training images",
                        DataLayouts.named(layout).trainingRemedy(each),
                        null);
            }
        }
        requireFiles(train().stream().map(Sample::image));
        return this;
    }

    /**
     * Checks, from names and headers alone, that the data set can be evaluated: there are test images, and each mask
     * has its image's size. A class without test images, without defective ones or without masks is no error: metrics
     * that need them are undefined.
     *
     * @return this
     * @throws DataSetException if not, naming the first file at fault
     */
    public DataSet requireEvaluation() {
        List<Sample> test = test();
        if (test.isEmpty()) {
            ClassSamples first = classes.get(0);
            throw new DataSetException(
                    "class " + first.name() + " has no test images",
                    DataLayouts.named(layout).testRemedy(first),
                    null);
        }
        requireFiles(
                test.stream().flatMap(sample -> Stream.concat(Stream.of(sample.image()), sample.masks().stream())));
        for (Sample sample : test) {
            for (ImageSource mask : sample.masks()) {
                Masks.checkSize(
                        mask, mask.size(), sample.image(), sample.image().size());
            }
        }
        return this;
    }

    private void requireFiles(Stream<ImageSource> images) {
        List<Path> missing = images.map(ImageSource::file)
                .filter(file -> file != null && !Files.isRegularFile(file))
                .toList();
        if (!missing.isEmpty()) {
            throw new DataSetException(
                    missing.size() + (missing.size() == 1 ? " file" : " files") + " that the data set " + root
                            + " lists " + (missing.size() == 1 ? "does" : "do") + " not exist, first "
                            + missing.get(0),
                    "copy the data set again, whole",
                    null);
        }
    }
}
