package org.rlr.model.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Texts;

/**
 * KolektorSDD2 as published: {@code train} and {@code test} with {@code 10000.png} and its mask {@code 10000_GT.png};
 * an image is defective if its mask has a pixel set. One class, split as published, without the defective training
 * images. The root may also be {@code train} or {@code test}.
 */
final class Kolektor2Layout implements DataLayout {
    private static final String WORD = "_gt";

    @Override
    public String name() {
        return "kolektor-sdd2";
    }

    @Override
    public String description() {
        return "{train,test}/<number>.png and {train,test}/<number>_GT.png";
    }

    @Override
    public Optional<String> evidence(Path root) {
        return Stream.of("train", "test")
                .flatMap(part -> Stream.ofNullable(part(root, part)))
                .flatMap(part -> MasksBeside.pairs(Images.list(part), WORD).values().stream()
                        .map(mask -> "there is " + Folders.nameOf(part) + "/" + mask.getFileName()))
                .findFirst();
    }

    /** Returns the folder of a part, which may be the root itself, or null. */
    private static @Nullable Path part(Path root, String name) {
        return Folders.nameOf(root).equalsIgnoreCase(name) ? root : Folders.subfolder(root, name);
    }

    @Override
    public String trainingRemedy(ClassSamples samples) {
        return "put normal images and their black masks into " + samples.place("train");
    }

    @Override
    public String testRemedy(ClassSamples samples) {
        return "put images and their masks into " + samples.place("test");
    }

    @Override
    public DataSet read(Path root) {
        if (evidence(root).isEmpty()) {
            throw new DataSetException(
                    "the folder " + root + " has no file such as train/10000_GT.png",
                    "arrange it as " + description() + " (layout " + name() + ")",
                    null);
        }
        List<Sample> learned = samples(part(root, "train"));
        List<Sample> normal =
                learned.stream().filter(sample -> !sample.anomalous()).toList();
        int defective = learned.size() - normal.size();
        return new DataSet(
                root,
                name(),
                List.of(new ClassSamples("kolektor_sdd2", root, normal, samples(part(root, "test")))),
                defective == 0
                        ? List.of()
                        : List.of(Texts.count(defective, "defective image")
                                + " in train, which only supervised methods learn from, "
                                + (defective == 1 ? "is" : "are") + " left out"));
    }

    private static List<Sample> samples(@Nullable Path part) {
        return part == null ? List.of() : MasksBeside.read(part, WORD, "kolektor_sdd2");
    }
}
