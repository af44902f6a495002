package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.config.Validation;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.Miniature;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.Sample;
import org.rlr.model.train.ValidationSplit;

/** {@code rlr data synthesize}: from held-out images to an evaluation. */
class DataSynthesizeCommandTest {
    @TempDir
    Path folder;

    @Test
    void heldOutImagesBecomeADataSetThatEveryCommandReads() throws IOException {
        Path model = folder.resolve("model.safetensors");
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), model, "--validation", "0.5"));
        Path made = folder.resolve("made");
        String out = CommandRun.succeeding(
                "data", "synthesize", "--data", TinyModel.data(), "--model", model, "--out", made, "--per-image", "2");
        assertTrue(out.contains("4 normal images of 4 classes that were held out, and 16 with synthetic defects"), out);
        DataSet set = DataLayouts.read(made);
        Set<RgbImage> held = new HashSet<>();
        ValidationSplit.of(DataLayouts.read(TinyModel.data()), new Validation(0.5, false), 3407)
                .validation()
                .forEach(image -> held.add(image.read()));
        Set<RgbImage> good = new HashSet<>();
        for (ClassSamples each : set.classes()) {
            assertEquals(5, each.test().size());
            for (Sample sample : each.test()) {
                assertEquals(sample.anomalous() ? 1 : 0, sample.masks().size());
                if (!sample.anomalous()) {
                    good.add(sample.image().read());
                }
            }
        }
        assertEquals(held, good);
        CommandRun.of("data", "check", made)
                .assertFailure("4 problems", "class capsules has no training images"); // the only kind of problem
        String compared = CommandRun.succeeding("evaluate", "--model", model, "--data", made, "--smoothing", "2,4");
        assertEquals(3, compared.lines().count(), compared);
        CommandRun.succeeding("threshold", "--model", model, "--data", made, "--f1-max", "--smoothing", "2");

        // again, with the same bits
        Path again = folder.resolve("again");
        CommandRun.succeeding(
                "data", "synthesize", "--data", TinyModel.data(), "--model", model, "--out", again, "--per-image", "2");
        for (Sample sample : set.test()) {
            assertEquals(
                    -1,
                    Files.mismatch(
                            sample.image().file(),
                            again.resolve(made.relativize(sample.image().file()))));
        }
        CommandRun.of("data", "synthesize", "--data", TinyModel.data(), "--model", model, "--out", made)
                .assertFailure(made, "not empty", "--out");
        assertEquals(
                -1,
                Files.mismatch(
                        set.test().get(0).image().file(),
                        again.resolve(made.relativize(set.test().get(0).image().file()))),
                "it stays");
    }

    @Test
    void validationImagesOfADataSetWillDoToo() throws IOException {
        Path data = folder.resolve("loco");
        new Miniature(data)
                .images(
                        "a/train/good/0.png",
                        "a/validation/good/0.png",
                        "a/test/good/0.png",
                        "a/test/logical_anomalies/0.png");
        Path made = folder.resolve("made");
        CommandRun.of("data", "synthesize", "--data", data, "--out", made)
                .assertFailure("a/validation/good/0.png", "uniform");
        assertTrue(Files.notExists(made), "a failed run leaves no folder");
        Path drawn = folder.resolve("drawn");
        Path normal = DataLayouts.read(TinyModel.data()).train().get(0).image().file();
        for (String part : List.of("train", "validation", "test")) {
            Files.createDirectories(drawn.resolve("a").resolve(part).resolve("good"));
            Files.copy(normal, drawn.resolve("a").resolve(part).resolve("good").resolve("0.png"));
        }
        String out = CommandRun.succeeding("data", "synthesize", "--data", drawn, "--out", folder.resolve("other"));
        assertTrue(out.contains("1 normal image of 1 class that were held out, and 2 with synthetic defects"), out);
    }

    @Test
    void imagesThatWereLearnedFromAreRefused() {
        Path made = folder.resolve("made");
        CommandRun.of("data", "synthesize", "--data", TinyModel.data(), "--out", made)
                .assertFailure(TinyModel.data(), "no validation images", "--validation 0.1");
        CommandRun.of("data", "synthesize", "--data", TinyModel.data(), "--out", made, "--model", TinyModel.model())
                .assertFailure(TinyModel.model(), "without held-out images");
        CommandRun.of("data", "synthesize", "--data", TinyModel.data(), "--out", made, "--per-image", "0")
                .assertFailure("--per-image is 0");
        Path model = folder.resolve("model.safetensors");
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), model, "--validation", "0.5"));
        CommandRun.of(
                        "data",
                        "synthesize",
                        "--data",
                        TinyModel.data().resolve("fabric"),
                        "--out",
                        made,
                        "--model",
                        model)
                .assertFailure(model, "4 images", "1 training image of fabric");
        assertTrue(Files.notExists(made));
    }
}
