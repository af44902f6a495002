package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.model.data.Images;

/** The backbone and the data layout of the docs work with the commands. */
class OwnExtensionsTest {
    @TempDir
    Path folder;

    @Test
    void aBackboneOfOnesOwnIsTrainedWithAndLoaded() {
        Path weights = folder.resolve("patches.safetensors");
        Path model = folder.resolve("model.safetensors");
        Path cache = folder.resolve("cache");
        BackboneFile.write("patches", 3, weights);
        assertTrue(CommandRun.succeeding("backbones").contains("2: 24/8, 3: 48/16"));
        CommandRun.of(TinyModel.train(TinyModel.data(), model, "--backbone", "patches", "--weights-cache", cache))
                .assertFailure("'patches' needs weights", "--weights");
        // recognised by its names and shapes
        CommandRun.succeeding("weights", "add", weights, "--weights-cache", cache);
        CommandRun.succeeding(
                TinyModel.train(TinyModel.data(), model, "--backbone", "patches", "--weights-cache", cache));
        assertEquals("patches", ModelFile.info(model).config().backbone());
        assertTrue(CommandRun.succeeding("info", "--model", model).contains("patches"));
        CommandRun.succeeding("detect", "--model", model, TinyModel.images().get(0));
        CommandRun.of(TinyModel.train(
                        TinyModel.data(), model, "--backbone", "patches", "--weights", weights, "--levels", "1,2"))
                .assertFailure("'patches' has no level 1", "2, 3");
    }

    @Test
    void aLayoutOfOnesOwnIsRecognisedAndRead() throws IOException {
        List<String> lines = new ArrayList<>();
        for (Path image : Images.list(TinyModel.data().resolve("fabric/train/good"))) {
            Files.copy(image, folder.resolve("t" + image.getFileName()));
            lines.add("t" + image.getFileName() + ",train");
        }
        for (Path image : Images.list(TinyModel.data().resolve("fabric/test/good"))) {
            Files.copy(image, folder.resolve("g" + image.getFileName()));
            lines.add("g" + image.getFileName() + ",good");
        }
        Files.write(folder.resolve("labels.csv"), lines);
        String check = CommandRun.succeeding("data", "check", folder);
        assertTrue(check.contains("labels") && check.contains("there is labels.csv"), check);
        String trained = CommandRun.succeeding(TinyModel.train(folder, folder.resolve("m")));
        assertTrue(trained.contains("2 normal images") && trained.contains("labels layout"), trained);
        Files.writeString(folder.resolve("labels.csv"), "one.png\n");
        CommandRun.of("data", "check", folder).assertFailure("labels.csv", "'one.png'");
    }
}
