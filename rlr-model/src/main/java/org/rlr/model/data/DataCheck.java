package org.rlr.model.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.io.Sha256;

/**
 * Checks every file of a data set: decodes each image and mask, compares the size of each mask with its image, and
 * compares files by the SHA-256 of their bytes to find images that are both training and test images.
 */
public final class DataCheck {
    private final DataSet set;
    private final List<String> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private DataCheck(DataSet set) {
        this.set = set;
    }

    /**
     * The findings.
     *
     * @param sizes the number of readable images of each size, per class, smallest size first
     * @param problems faults, a sentence each, with the names of files; usually empty
     * @param notes remarks that need no correction, a sentence each
     */
    public record Result(Map<String, Map<ImageSize, Integer>> sizes, List<String> problems, List<String> notes) {}

    /**
     * The findings on one image; {@code size} is null if it cannot be decoded, {@code hash} is null if its bytes cannot
     * be read.
     */
    private record Inspected(
            Sample sample,
            @Nullable ImageSize size,
            @Nullable String hash,
            boolean maskSet,
            int usedBits,
            int orientation,
            Map<ImageSource, Set<MaskTrait>> traits,
            List<String> problems) {}

    /**
     * Returns the number of images that {@link #run} checks.
     *
     * @param set the data set
     * @return the number of training, validation and test images
     */
    public static int images(DataSet set) {
        return set.train().size() + set.validation().size() + set.test().size();
    }

    /**
     * Reads a few images of each class before a training and tells whether 16-bit images use few of their bits.
     *
     * @param set the data set; images that cannot be read are skipped
     * @return a sentence each; usually empty
     */
    public static List<String> glance(DataSet set) {
        return BitDepth.glance(set);
    }

    /**
     * Checks a data set.
     *
     * @param set the data set
     * @param threads threads that read images, including the calling one; 0 for one per core
     * @param done called once per image, after it, by any thread
     * @return the findings
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
        // reported before its many missing images
        set.classes().stream()
                .filter(each -> each.folder() != null && !Files.isDirectory(each.folder()))
                .forEach(each -> problems.add("class " + each.name() + " has no folder: " + each.folder()
                        + " does not exist; copy the whole data set again"));
        for (Inspected each : all) {
            problems.addAll(each.problems);
            if (each.size != null) {
                sizes.computeIfAbsent(each.sample.className(), name -> new TreeMap<>(ImageSize.BY_PIXELS))
                        .merge(each.size, 1, Integer::sum);
            }
        }
        set.classes().forEach(this::checkCounts);
        set.classes().forEach(each -> checkFiles(each.name(), all));
        tested.stream()
                .filter(each -> !each.sample.anomalous() && each.maskSet)
                .forEach(each -> notes.add(each.sample.image()
                        + " lies among normal images, but its mask has pixels set: it counts as defective"));
        checkCopies(learned, tested);
        checkPassedOver();
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
        int[] usedBits = new int[1];
        Map<ImageSource, Set<MaskTrait>> traits = Map.of();
        try {
            ImageSize[] found = new ImageSize[1];
            sample.image().look(decoded -> {
                found[0] = decoded.toRgb().size();
                usedBits[0] = decoded.usedBits();
            });
            size = found[0];
        } catch (RlrException e) {
            problems.add(e.explanation());
        }
        if (size != null) {
            try {
                Masks.Reading masks = Masks.readWithTraits(sample, size);
                if (masks != null) {
                    maskSet = masks.mask().any();
                    traits = masks.traits();
                }
            } catch (RlrException e) {
                problems.add(e.explanation());
            }
            if (sample.anomalous() && !sample.masks().isEmpty() && !maskSet && problems.isEmpty()) {
                problems.add(sample.image() + " lies among defective images, but its mask "
                        + sample.masks().get(0) + " has no pixel set; replace the mask or move the image");
            }
        }
        byte[] content = content(sample.image());
        return new Inspected(
                sample,
                size,
                content == null ? null : new Sha256().add(content).hex(),
                maskSet,
                usedBits[0],
                content == null ? 1 : ExifOrientation.of(content),
                traits,
                problems);
    }

    private static byte @Nullable [] content(ImageSource image) {
        try {
            return image.content();
        } catch (ImageException e) {
            return null; // already reported when it was read as an image
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

    /** Adds notes on how the files of a class's images and masks are read. */
    private void checkFiles(String name, List<Inspected> all) {
        List<Inspected> images = all.stream()
                .filter(each -> each.sample.className().equals(name))
                .toList();
        BitDepth depth = new BitDepth();
        images.forEach(each -> depth.add(each.sample.image(), each.usedBits));
        depth.note(name).ifPresent(notes::add);
        List<Inspected> turned =
                images.stream().filter(each -> each.orientation != 1).toList();
        if (!turned.isEmpty()) {
            notes.add("class " + name + ": " + turned.size()
                    + (turned.size() == 1 ? " image has" : " images have") + " an EXIF orientation, first "
                    + turned.get(0).sample.image()
                    + "; it is ignored: images are read as they are stored, and masks must match that; to be safe, save"
                    + " the images turned and without it");
        }
        for (MaskTrait trait : MaskTrait.values()) {
            List<ImageSource> masks = images.stream()
                    .flatMap(each -> each.traits.entrySet().stream())
                    .filter(mask -> mask.getValue().contains(trait))
                    .map(Map.Entry::getKey)
                    .toList();
            if (!masks.isEmpty()) {
                notes.add("class " + name + ": "
                        + trait.sentence(masks.size(), masks.get(0).id()));
            }
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

    /** Reports the files that are not read, by reason, in each class and in the folders around them. */
    private void checkPassedOver() {
        PassedOver others = set.passedOver();
        problem(others, PassedOver.Reason.DANGLING_LINK, "copy what they point to, or remove them");
        problem(others, PassedOver.Reason.UNREADABLE, "check the permissions");
        Map<String, Map<PassedOver.Reason, List<Path>>> byClass = new LinkedHashMap<>();
        others.files()
                .forEach((reason, files) -> files.forEach(
                        file -> byClass.computeIfAbsent(place(file), each -> new EnumMap<>(PassedOver.Reason.class))
                                .computeIfAbsent(reason, each -> new ArrayList<>())
                                .add(file)));
        byClass.forEach((place, byReason) -> byReason.forEach((reason, files) -> {
            boolean outside = place.isEmpty() && reason == PassedOver.Reason.NO_IMAGE; // as a licence
            if (!outside && reason != PassedOver.Reason.DANGLING_LINK && reason != PassedOver.Reason.UNREADABLE) {
                notes.add(place + reason.count(files.size()) + (files.size() == 1 ? " is" : " are") + " ignored, first "
                        + PassedOver.withTarget(files.get(0)));
            }
        }));
    }

    private void problem(PassedOver others, PassedOver.Reason reason, String remedy) {
        List<Path> files = others.files(reason);
        if (!files.isEmpty()) {
            problems.add(reason.count(files.size()) + ", first " + others.first(reason) + "; " + remedy);
        }
    }

    /** Returns the beginning of a note: the class in whose folder a file lies; empty without a class. */
    private String place(Path file) {
        return set.classes().stream()
                .filter(each -> each.folder() != null && file.startsWith(each.folder()))
                .findFirst()
                .map(each -> "class " + each.name() + ": ")
                .orElse("");
    }
}
