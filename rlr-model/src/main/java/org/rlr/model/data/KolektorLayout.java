package org.rlr.model.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * KolektorSDD as published: {@code kos01/Part0.jpg} with its mask {@code kos01/Part0_label.bmp}; an image is defective
 * if its mask has a pixel set. One class. The published split is for learning from defective images; here the test
 * images are all defective images and every fifth normal one, sorted by name.
 */
final class KolektorLayout implements DataLayout {
    private static final Pattern ITEM = Pattern.compile("kos\\d+", Pattern.CASE_INSENSITIVE);
    private static final String WORD = "_label";
    private static final int TEST_EVERY = 5;

    @Override
    public String name() {
        return "kolektor-sdd";
    }

    @Override
    public String description() {
        return "kos<number>/Part<number>.jpg and kos<number>/Part<number>_label.bmp";
    }

    @Override
    public Optional<String> evidence(Path root) {
        return items(root).stream()
                .flatMap(item -> MasksBeside.pairs(Images.list(item), WORD).values().stream()
                        .map(mask -> "there is " + Folders.nameOf(item) + "/" + mask.getFileName()))
                .findFirst();
    }

    private static List<Path> items(Path root) {
        return Stream.concat(Stream.of(root), Folders.subfolders(root).stream())
                .filter(folder -> ITEM.matcher(Folders.nameOf(folder)).matches())
                .toList();
    }

    @Override
    public String trainingRemedy(ClassSamples samples) {
        return "put normal images and their black masks into " + samples.place("kos01");
    }

    @Override
    public String testRemedy(ClassSamples samples) {
        return "put images and their masks into " + samples.place("kos01");
    }

    @Override
    public DataSet read(Path root) {
        if (evidence(root).isEmpty()) {
            throw new DataSetException(
                    "the folder " + root + " has no file such as kos01/Part0_label.bmp",
                    "arrange it as " + description() + " (layout " + name() + ")",
                    null);
        }
        List<Sample> train = new ArrayList<>();
        List<Sample> test = new ArrayList<>();
        int normal = 0;
        for (Path item : items(root)) {
            for (Sample sample : MasksBeside.read(item, WORD, "kolektor_sdd")) {
                boolean learned = !sample.anomalous() && normal++ % TEST_EVERY != 0;
                (learned ? train : test).add(sample);
            }
        }
        return new DataSet(
                root,
                name(),
                List.of(new ClassSamples("kolektor_sdd", root, train, test)),
                List.of("the published splits of KolektorSDD learn from defective images and are not used: every fifth"
                        + " normal image, sorted by name, and all defective ones are test images"));
    }
}
