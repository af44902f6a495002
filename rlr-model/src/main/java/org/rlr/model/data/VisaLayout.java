package org.rlr.model.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * VisA as downloaded: {@code <class>/Data/Images/{Normal,Anomaly}}, {@code <class>/Data/Masks/Anomaly}, and the split
 * into training and test in {@code split_csv/1cls.csv}, columns {@code object,split,label,image,mask} with paths
 * relative to the root. Masks hold class indices; values above 0 are anomalous. A class folder below such a root is
 * read as that class alone.
 */
final class VisaLayout implements DataLayout {
    private static final Path SPLIT = Path.of("split_csv", "1cls.csv");
    private static final List<String> COLUMNS = List.of("object", "split", "label", "image", "mask");

    @Override
    public String name() {
        return "visa";
    }

    @Override
    public String description() {
        return "<class>/Data/Images/{Normal,Anomaly} and split_csv/1cls.csv";
    }

    @Override
    public Optional<String> evidence(Path root) {
        if (Files.isRegularFile(root.resolve(SPLIT))) {
            return Optional.of("there is split_csv/1cls.csv");
        }
        if (isClass(root)) {
            return Optional.of("there is Data/Images");
        }
        return Folders.subfolders(root).stream()
                .filter(VisaLayout::isClass)
                .findFirst()
                .map(each -> "there is " + Folders.nameOf(each) + "/Data/Images");
    }

    private static boolean isClass(Path folder) {
        return Files.isDirectory(folder.resolve("Data").resolve("Images"));
    }

    @Override
    public String trainingRemedy(ClassSamples samples) {
        return DataLayouts.LIST_REMEDY;
    }

    @Override
    public String testRemedy(ClassSamples samples) {
        return DataLayouts.LIST_REMEDY;
    }

    @Override
    public DataSet read(Path root) {
        boolean single = !Files.isRegularFile(root.resolve(SPLIT)) && isClass(root);
        Path parent = root.toAbsolutePath().normalize().getParent();
        Path home = single && parent != null ? parent : root;
        Path split = home.resolve(SPLIT);
        if (!Files.isRegularFile(split)) {
            throw new DataSetException(
                    "the split of VisA is missing: " + split + " does not exist",
                    "copy split_csv from the published archive or code of VisA to " + home,
                    null);
        }
        String only = single ? Folders.nameOf(root) : null;
        Map<String, List<Sample>> train = new TreeMap<>();
        Map<String, List<Sample>> test = new TreeMap<>();
        for (CsvTable.Row row : CsvTable.read(split, COLUMNS).rows()) {
            String object = row.get("object");
            if (only != null && !only.equals(object)) {
                continue;
            }
            boolean training = row.oneOf("split", "train", "test").equals("train");
            boolean anomalous = row.oneOf("label", "normal", "anomaly").equals("anomaly");
            if (training && anomalous) {
                throw row.error("label", "training images must be normal");
            }
            List<Path> masks = row.get("mask").isEmpty() ? List.of() : List.of(row.path("mask", home));
            Sample sample =
                    new Sample(row.path("image", home), masks, object, anomalous ? "anomaly" : Sample.GOOD, anomalous);
            List<Sample> learned = train.computeIfAbsent(object, name -> new ArrayList<>());
            List<Sample> tested = test.computeIfAbsent(object, name -> new ArrayList<>());
            (training ? learned : tested).add(sample);
        }
        if (train.isEmpty()) {
            throw new DataSetException(
                    split + " names no image" + (only == null ? "" : " of class " + only), "copy it again", null);
        }
        test.values().forEach(MaskPairing::requireOwn);
        List<ClassSamples> classes = new ArrayList<>();
        train.forEach((name, images) ->
                classes.add(new ClassSamples(name, home.resolve(name), images, test.getOrDefault(name, List.of()))));
        return new DataSet(root, name(), classes);
    }
}
