package org.example;

import java.io.IOException;
import java.nio.file.*;
import java.util.*;
import org.rlr.model.data.*;

/** Images of one class in any folders below {@code labels.csv}, which has lines {@code image,label}. */
public final class LabelsLayout implements DataLayoutProvider, DataLayout {
    private static final String LABELS = "labels.csv";

    @Override
    public List<DataLayout> layouts() {
        return List.of(this);
    }

    @Override
    public String name() {
        return "labels";
    }

    @Override
    public String description() {
        return LABELS + " with lines image,label; the label is train, good or the kind of defect";
    }

    @Override
    public Optional<String> evidence(Path root) {
        return Files.isRegularFile(root.resolve(LABELS)) ? Optional.of("there is " + LABELS) : Optional.empty();
    }

    @Override
    public DataSet read(Path root) {
        Path file = root.resolve(LABELS);
        List<Sample> train = new ArrayList<>();
        List<Sample> test = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file)) {
                String[] cells = line.split(",");
                if (cells.length != 2) {
                    throw new DataSetException(file + ": a line is '" + line + "'", "write image,label", null);
                }
                Path image = root.resolve(cells[0]);
                switch (cells[1]) {
                    case "train" -> train.add(Sample.good(image, name()));
                    case "good" -> test.add(Sample.good(image, name()));
                    default -> test.add(new Sample(image, List.of(), name(), cells[1], true));
                }
            }
        } catch (IOException e) {
            throw new DataSetException("cannot read " + file, "check that it is there and is text", e);
        }
        return new DataSet(root, name(), List.of(new ClassSamples(name(), root, train, test)));
    }
}
