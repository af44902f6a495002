package org.rlr.model.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.io.Sha256;

/**
 * Looks at every file of a data set: each image and mask is decoded, masks are compared with their images in size, and
 * files are compared with one another by the SHA-256 of their bytes, so that an image that is both learned from and
 * tested on is found.
 */
public final class DataCheck {
    private final DataSet set;
    private final List<String> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private DataCheck(DataSet set) {
        this.set = set;
    }

    /**
     * What was found.
     *
     * @param sizes how many readable images have each size, per class, smallest first
     * @param problems what is wrong, a sentence each that names files; empty where nothing is
     * @param notes what is worth knowing, but not wrong
     */
    public record Result(Map<String, Map<ImageSize, Integer>> sizes, List<String> problems, List<String> notes) {}

    /**
     * One image as it was found; {@code size} is null where it cannot be read, {@code hash} where not even its bytes
     * can.
     */
    private record Inspected(
            Sample sample,
            @Nullable ImageSize size,
            @Nullable String hash,
            boolean maskSet,
            List<String> problems) {}

    /**
     * The number of images that {@link #run} looks at.
     *
     * @param set the data set
     * @return training, validation and test images
     */
    public static int images(DataSet set) {
        return set.train().size() + set.validation().size() + set.test().size();
    }

    /**
     * Checks a data set; {@code done} is called after each image, by any thread.
     *
     * @param set the data set
     * @param threads that read images, the calling one included; 0 for as many as there are cores
     * @param done called once per image
     * @return what was found
     */
    public static Result run(DataSet set, int threads, Runnable done) {
        try (Parallel parallel = new Parallel(threads)) {
            return new DataCheck(set).run(parallel, done);
        }
    }

    private Result run(Parallel parallel, Runnable done) {
        Map<String, Map<ImageSize, Integer>> sizes = new TreeMap<>();
        List<Inspected> all = new ArrayList<>();
        List<Inspected> learned = inspect(set.train(), parallel, done);
        List<Inspected> tested = new ArrayList<>(inspect(set.validation(), parallel, done));
        tested.addAll(inspect(set.test(), parallel, done));
        all.addAll(learned);
        all.addAll(tested);
        notes.addAll(set.notes());
        // before the many images that are missing with it
        set.classes().stream()
                .filter(each -> each.folder() != null && !Files.isDirectory(each.folder()))
                .forEach(each -> problems.add("class " + each.name() + " has no folder: " + each.folder()
                        + " does not exist; copy the data set again, whole"));
        for (Inspected each : all) {
            problems.addAll(each.problems);
            if (each.size != null) {
                sizes.computeIfAbsent(each.sample.className(), name -> new TreeMap<>(ImageSize.BY_PIXELS))
                        .merge(each.size, 1, Integer::sum);
            }
        }
        set.classes().forEach(this::checkCounts);
        tested.stream()
                .filter(each -> !each.sample.anomalous() && each.maskSet)
                .forEach(each -> notes.add(each.sample.image()
                        + " lies among normal images, but its mask has pixels set: it counts as defective"));
        checkCopies(learned, tested);
        checkUnused();
        return new Result(sizes, List.copyOf(problems), List.copyOf(notes));
    }

    private static List<Inspected> inspect(List<Sample> samples, Parallel parallel, Runnable done) {
        Inspected[] results = new Inspected[samples.size()];
        parallel.forEach(results.length, i -> {
            results[i] = inspect(samples.get(i));
            done.run();
        });
        return List.of(results);
    }

    private static Inspected inspect(Sample sample) {
        List<String> problems = new ArrayList<>();
        ImageSize size = null;
        boolean maskSet = false;
        try {
            size = sample.image().read().size();
        } catch (RlrException e) {
            problems.add(e.explanation());
        }
        if (size != null) {
            for (ImageSource mask : sample.masks()) {
                try {
                    maskSet |= Masks.read(mask, sample.image(), size).any();
                } catch (RlrException e) {
                    problems.add(e.explanation());
                }
            }
            if (sample.anomalous() && !sample.masks().isEmpty() && !maskSet && problems.isEmpty()) {
                problems.add(sample.image() + " lies among defective images, but its mask "
                        + sample.masks().get(0) + " has no pixel set; replace the mask or move the image");
            }
        }
        return new Inspected(sample, size, hash(sample.image()), maskSet, problems);
    }

    private static @Nullable String hash(ImageSource image) {
        try {
            return new Sha256().add(image.content()).hex();
        } catch (ImageException e) {
            return null; // said already, by reading it as an image
        }
    }

    private void checkCounts(ClassSamples each) {
        List<Sample> defective = each.test().stream().filter(Sample::anomalous).toList();
        List<Sample> unmasked =
                defective.stream().filter(sample -> sample.masks().isEmpty()).toList();
        if (each.train().isEmpty()) {
            problems.add("class " + each.name() + " has no training images");
        }
        if (each.test().isEmpty()) {
            notes.add("class " + each.name() + " has no test images: it can be trained on, but not evaluated");
        } else if (defective.isEmpty()) {
            notes.add("class " + each.name() + " has no defective test images: AUROC, AP, F1 and AUPRO are undefined");
        } else if (defective.size() == each.test().size()) {
            notes.add("class " + each.name() + " has no good test images: AUROC, AP and F1 of images are undefined");
        }
        if (unmasked.isEmpty()) {
            return;
        }
        if (unmasked.size() == defective.size()) {
            notes.add("class " + each.name() + " has no masks: the metrics of pixels are undefined");
        } else {
            problems.add("class " + each.name() + ": " + unmasked.size() + " of " + defective.size()
                    + " defective test images have no mask, first "
                    + unmasked.get(0).image() + "; without it the metrics of pixels are undefined");
        }
    }

    private void checkCopies(List<Inspected> learned, List<Inspected> tested) {
        Map<String, Sample> first = new HashMap<>();
        for (Inspected each : learned) {
            Sample other = each.hash == null ? null : first.putIfAbsent(each.hash, each.sample);
            if (other != null) {
                notes.add("two training images are identical: " + other.image() + " and " + each.sample.image());
            }
        }
        Map<String, Sample> firstTested = new HashMap<>();
        for (Inspected each : tested) {
            if (each.hash == null) {
                continue;
            }
            Sample source = first.get(each.hash);
            if (source != null) {
                problems.add("leakage: " + each.sample.image() + " is identical to the training image " + source.image()
                        + "; remove one");
            }
            Sample other = firstTested.putIfAbsent(each.hash, each.sample);
            if (other != null && other.anomalous() != each.sample.anomalous()) {
                problems.add("one image is both normal and defective: " + other.image() + " and " + each.sample.image()
                        + " are identical; remove one");
            } else if (other != null) {
                notes.add("two images that are not trained on are identical: " + other.image() + " and "
                        + each.sample.image());
            }
        }
    }

    /** Files that belong to no image: of the kind of images, which may be masks with a wrong name, and others. */
    private void checkUnused() {
        Set<Path> used = new HashSet<>();
        Stream.of(set.train(), set.validation(), set.test())
                .flatMap(List::stream)
                .forEach(sample -> Stream.concat(Stream.of(sample.image()), sample.masks().stream())
                        .map(ImageSource::file)
                        .filter(Objects::nonNull)
                        .forEach(file -> used.add(file.toAbsolutePath().normalize())));
        for (ClassSamples each : set.classes()) {
            Path folder = each.folder();
            if (folder == null || !Files.isDirectory(folder)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(folder)) {
                List<Path> unused = files.filter(file -> Files.isRegularFile(file)
                                && !used.contains(file.toAbsolutePath().normalize()))
                        .sorted()
                        .toList();
                List<Path> images = unused.stream().filter(Images::hasImageName).toList();
                List<Path> others = unused.stream()
                        .filter(file -> !Images.hasImageName(file))
                        .toList();
                noteUnused(each, images, "image");
                noteUnused(each, others, "other");
            } catch (IOException | java.io.UncheckedIOException e) {
                problems.add("the folder " + folder + " cannot be listed (" + Folders.reason(e)
                        + "); check its permissions");
            }
        }
    }

    private void noteUnused(ClassSamples each, List<Path> files, String kind) {
        if (!files.isEmpty()) {
            notes.add("class " + each.name() + ": " + files.size() + " " + kind
                    + (files.size() == 1 ? " file is" : " files are") + " ignored, first " + files.get(0));
        }
    }
}
