package org.rlr.model.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Texts;
import org.rlr.tensor.CancelledException;

/**
 * One or several product classes, each with training and test images: a folder read by {@link DataLayouts}, or images
 * from anywhere, added with a {@linkplain #builder() builder}. The images themselves are not read yet.
 *
 * @param root its folder; null for images from anywhere
 * @param layout the name of the {@link DataLayout} that it was read as; null for images from anywhere
 * @param classes its classes, sorted by name, at least one
 * @param notes remarks for the user on how it was read, a sentence each; usually empty
 */
public record DataSet(@Nullable Path root, @Nullable String layout, List<ClassSamples> classes, List<String> notes) {
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
     * Creates a data set without notes.
     *
     * @param root its folder; null for images from anywhere
     * @param layout the name of the {@link DataLayout} that it was read as; null for images from anywhere
     * @param classes its classes, sorted by name, at least one
     */
    public DataSet(@Nullable Path root, @Nullable String layout, List<ClassSamples> classes) {
        this(root, layout, classes, List.of());
    }

    /** {@return a builder for a data set of images from anywhere} */
    public static Builder builder() {
        return new Builder();
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
     * Returns the files in the data set's folders that are not read: broken links, images in other folders or formats
     * and the like. Each call lists the folders again.
     *
     * @return the files by reason; none for images from anywhere
     * @throws CancelledException if the thread is interrupted
     */
    public PassedOver passedOver() {
        List<Path> roots = new ArrayList<>();
        Stream.concat(Stream.ofNullable(root), classes.stream().map(ClassSamples::folder))
                .filter(folder -> folder != null
                        && Files.isDirectory(folder)
                        && roots.stream().noneMatch(other -> absolute(folder).startsWith(absolute(other))))
                .forEach(roots::add);
        return PassedOver.of(root, roots, files());
    }

    private static Path absolute(Path folder) {
        return folder.toAbsolutePath().normalize();
    }

    /** Returns the files of all images and masks. */
    private List<Path> files() {
        return Stream.of(train(), validation(), test())
                .flatMap(List::stream)
                .flatMap(sample -> Stream.concat(Stream.of(sample.image()), sample.masks().stream()))
                .map(ImageSource::file)
                .filter(Objects::nonNull)
                .toList();
    }

    /**
     * Checks that every class can be trained on.
     *
     * @return this
     * @throws DataSetException if a class has no training images, saying where to put them, or listed files do not
     *     exist
     */
    public DataSet requireTraining() {
        for (ClassSamples each : classes) {
            if (each.train().isEmpty()) {
                throw new DataSetException(
                        "class " + each.name() + " has no training images",
                        layout == null
                                ? "add normal images of it with DataSet.Builder.train"
                                : DataLayouts.named(layout).trainingRemedy(each),
                        null);
            }
        }
        requireFiles(train().stream().map(Sample::image));
        return this;
    }

    /**
     * Checks that the data set can be evaluated, reading only names and headers: it has test images, and each mask has
     * the size of its image. A class may lack test images, defective images or masks; metrics that need them are then
     * undefined.
     *
     * @return this
     * @throws DataSetException if not, naming the first wrong file
     */
    public DataSet requireEvaluation() {
        for (Sample sample : requireTestFiles().test()) {
            CancelledException.throwIfInterrupted("comparing masks with their images");
            if (!sample.masks().isEmpty()) {
                ImageSize size = sample.image().size();
                sample.masks().forEach(mask -> Masks.checkSize(mask, mask.size(), sample.image(), size));
            }
        }
        return this;
    }

    /**
     * Checks that the data set has test images, and that all its image and mask files exist.
     *
     * @return this
     * @throws DataSetException if it has none, or files are missing
     */
    public DataSet requireTestFiles() {
        requireFiles(requireTest().test().stream()
                .flatMap(sample -> Stream.concat(Stream.of(sample.image()), sample.masks().stream())));
        return this;
    }

    /**
     * Checks that the data set has test images.
     *
     * @return this
     * @throws DataSetException if no class has any, saying where to put them
     */
    public DataSet requireTest() {
        if (test().isEmpty()) {
            ClassSamples first = classes.get(0);
            throw new DataSetException(
                    "class " + first.name() + " has no test images",
                    layout == null
                            ? "add normal and defective ones with DataSet.Builder.test and DataSet.Builder.defective"
                            : DataLayouts.named(layout).testRemedy(first),
                    null);
        }
        return this;
    }

    private void requireFiles(Stream<ImageSource> images) {
        List<Path> missing = images.map(ImageSource::file)
                .filter(file -> file != null && !Files.isRegularFile(file))
                .toList();
        if (!missing.isEmpty()) {
            throw new DataSetException(
                    Texts.count(missing.size(), "file") + " that the data set"
                            + (root == null ? "" : " " + root) + " lists " + (missing.size() == 1 ? "does" : "do")
                            + " not exist, first "
                            + PassedOver.withTarget(missing.get(0)),
                    root == null ? "check the paths" : "copy the whole data set again",
                    null);
        }
    }

    /** Builds a data set from images of any origin; keeps the order of the images in a class. */
    public static final class Builder {
        private final SortedMap<String, List<Sample>> train = new TreeMap<>();
        private final Map<String, List<Sample>> validation = new HashMap<>();
        private final Map<String, List<Sample>> test = new HashMap<>();
        private final Set<String> ids = new HashSet<>();

        private Builder() {}

        /**
         * Adds normal images to train on.
         *
         * @param className the product class
         * @param images of any size
         * @return this
         * @throws DataSetException if an id was given before
         */
        public Builder train(String className, Collection<ImageSource> images) {
            images.forEach(image -> add(train, Sample.good(image, className)));
            return this;
        }

        /**
         * Adds normal images held out of training and test, for example to set thresholds.
         *
         * @param className the product class
         * @param images of any size
         * @return this
         * @throws DataSetException if an id was given before
         */
        public Builder validation(String className, Collection<ImageSource> images) {
            images.forEach(image -> add(validation, Sample.good(image, className)));
            return this;
        }

        /**
         * Adds normal images to test on.
         *
         * @param className the product class
         * @param images of any size
         * @return this
         * @throws DataSetException if an id was given before
         */
        public Builder test(String className, Collection<ImageSource> images) {
            images.forEach(image -> add(test, Sample.good(image, className)));
            return this;
        }

        /**
         * Adds a defective image to test on.
         *
         * @param className the product class
         * @param defect the kind of defect; another word than {@value Sample#GOOD}
         * @param image of any size
         * @param masks images of the same size, not black where the image is defective; without masks the pixel metrics
         *     omit the image
         * @return this
         * @throws DataSetException if an id was given before, or the kind is {@value Sample#GOOD}
         */
        public Builder defective(String className, String defect, ImageSource image, ImageSource... masks) {
            if (defect.equals(Sample.GOOD)) {
                throw new DataSetException(
                        "the defective image " + image + " is called " + Sample.GOOD,
                        "name its kind of defect, or add it as a normal image",
                        null);
            }
            return add(test, new Sample(image, List.of(masks), className, defect, true));
        }

        private Builder add(Map<String, List<Sample>> part, Sample sample) {
            if (!ids.add(sample.image().id())) {
                throw new DataSetException(
                        "the image id " + sample.image() + " is given twice",
                        "give each image its own id, and add it once",
                        null);
            }
            // has a list for every class
            train.computeIfAbsent(sample.className(), name -> new ArrayList<>());
            part.computeIfAbsent(sample.className(), name -> new ArrayList<>()).add(sample);
            return this;
        }

        /**
         * Builds the data set.
         *
         * @return the data set, its classes sorted by name
         * @throws DataSetException if no image was added
         */
        public DataSet build() {
            if (train.isEmpty()) {
                throw new DataSetException(
                        "the data set has no images", "add normal ones with DataSet.Builder.train", null);
            }
            List<ClassSamples> classes = new ArrayList<>();
            train.forEach((name, images) -> classes.add(new ClassSamples(
                    name, null, images, validation.getOrDefault(name, List.of()), test.getOrDefault(name, List.of()))));
            return new DataSet(null, null, classes);
        }
    }
}
