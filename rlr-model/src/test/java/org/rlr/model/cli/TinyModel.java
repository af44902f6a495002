package org.rlr.model.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlr.model.TestFolders;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.demo.DemoDataSet;

/** A small data set and a model trained on it by the command line, shared by all tests. */
final class TinyModel {
    /** Options of a short training. */
    static final List<String> OPTIONS = List.of(
            "--recipe",
            "published",
            "--image-size",
            "64",
            "--levels",
            "2,3",
            "--width",
            "16",
            "--layers",
            "1",
            "--epochs",
            "1",
            "--threads",
            "2");

    private static final Path HOME = home();

    private TinyModel() {}

    /** Returns the data set: four classes, each with two normal training images. */
    static Path data() {
        return HOME.resolve("data");
    }

    /** Returns the model file, which tests must not change. */
    static Path model() {
        return HOME.resolve("model.safetensors");
    }

    /** Returns test images, good and defective ones. */
    static List<Path> images() {
        return DataLayouts.read(data()).test().stream()
                .map(sample -> sample.image().file())
                .toList();
    }

    /** Returns the content of a test image's file. */
    static byte[] bytes(int image) {
        try {
            return Files.readAllBytes(images().get(image));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the arguments of a short training. */
    static Object[] train(Path data, Path out, Object... more) {
        List<Object> args = new ArrayList<>(List.of("train", "--data", data, "--out", out));
        args.addAll(OPTIONS);
        args.addAll(List.of(more));
        return args.toArray();
    }

    /** Returns the arguments of a detection with results in a JSON file. */
    static Object[] detect(Path model, List<Path> images, Path json, Object... more) {
        List<Object> args = new ArrayList<>(List.of("detect", "--model", model, "--json", json));
        args.addAll(List.of(more));
        args.addAll(images);
        return args.toArray();
    }

    private static Path home() {
        try {
            Path home = Files.createTempDirectory("rlr-tiny-model");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> TestFolders.delete(home)));
            DemoDataSet.generate(home.resolve("data"), 64, 2, 2, 1, 11, 2);
            CommandRun.succeeding(train(home.resolve("data"), home.resolve("model.safetensors")));
            return home;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
