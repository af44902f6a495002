package org.rlr.model.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Magnetic tile defects as published: {@code MT_Free/Imgs} and {@code MT_<Defect>/Imgs} with {@code <id>.jpg} and its
 * mask {@code <id>.png}. One class. The data set has no split: every fifth normal image, sorted by name, is a test
 * image; the others are for training.
 */
final class MagneticTileLayout implements DataLayout {
    private static final String PREFIX = "MT_";
    private static final String FREE = "MT_Free";
    private static final String CLASS = "magnetic_tile";
    private static final int TEST_EVERY = 5;

    @Override
    public String name() {
        return "magnetic-tile";
    }

    @Override
    public String description() {
        return "MT_Free/Imgs and MT_<Defect>/Imgs with <id>.jpg and <id>.png";
    }

    @Override
    public Optional<String> evidence(Path root) {
        Path free = Folders.subfolder(root, FREE);
        return free != null && Folders.subfolder(free, "Imgs") != null
                ? Optional.of("there is " + Folders.nameOf(free) + "/Imgs")
                : Optional.empty();
    }

    @Override
    public String trainingRemedy(ClassSamples samples) {
        return "put normal images into " + samples.place(FREE, "Imgs");
    }

    @Override
    public DataSet read(Path root) {
        if (evidence(root).isEmpty()) {
            throw new DataSetException(
                    "the folder " + root + " has no MT_Free/Imgs",
                    "arrange it as " + description() + " (layout " + name() + ")",
                    null);
        }
        List<Sample> train = new ArrayList<>();
        List<Sample> test = new ArrayList<>();
        for (Path folder : Folders.subfolders(root)) {
            String kind = Folders.nameOf(folder);
            Path images = Folders.subfolder(folder, "Imgs");
            if (!kind.toUpperCase(Locale.ROOT).startsWith(PREFIX) || images == null) {
                continue;
            }
            boolean free = kind.equalsIgnoreCase(FREE);
            String defect = free ? Sample.GOOD : kind.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
            List<Path> photographs = Images.list(images).stream()
                    .filter(ImageFormat.JPEG::isNameOf)
                    .toList();
            Map<String, Path> masks = Folders.files(images, ImageFormat.PNG::isNameOf).stream()
                    .collect(Collectors.toMap(Folders::stem, mask -> mask, (first, other) -> first));
            for (int i = 0; i < photographs.size(); i++) {
                Path image = photographs.get(i);
                Path mask = masks.get(Folders.stem(image));
                Sample sample = new Sample(image, mask == null ? List.of() : List.of(mask), CLASS, defect, !free);
                (free && i % TEST_EVERY != 0 ? train : test).add(sample);
            }
        }
        String note =
                "the data set has no split of its own: every fifth image of MT_Free, sorted by name, is a test image";
        return new DataSet(root, name(), List.of(new ClassSamples(CLASS, root, train, test)), List.of(note));
    }
}
