package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.model.config.Tiling;

/**
 * Vision Transformers on the command line: levels are blocks, all with stride 14. {@link SizesTest} tests one with
 * every command.
 */
class VisionTransformerTest {
    private static final String NAME = "vit_small_patch14_dinov2";

    @TempDir
    private static Path home;

    private static Path weights;

    @TempDir
    Path folder;

    @BeforeAll
    static void write() {
        weights = home.resolve("weights.safetensors");
        BackboneFile.write(NAME, 2, weights);
    }

    private static Object[] train(Path out, Object... more) {
        List<Object> args = new ArrayList<>(List.of(
                "train", "--recipe", "published", "--data", TinyModel.data().resolve("fabric")));
        args.addAll(List.of("--backbone", NAME, "--weights", weights, "--width", "16", "--layers", "1"));
        args.addAll(List.of("--epochs", "1", "--out", out));
        args.addAll(List.of(more));
        return args.toArray();
    }

    @Test
    void blocksAreListedWithTheirStride() {
        String line = CommandRun.succeeding("backbones")
                .lines()
                .filter(each -> each.startsWith(NAME + " "))
                .findFirst()
                .orElseThrow();
        assertTrue(line.endsWith(" 22.1 M 0-11: 384/14"), line);
    }

    @Test
    void tilesPicturesAndNoDecoder() throws Exception {
        Path model = folder.resolve("model.safetensors");
        Path image = TinyModel.data().resolve("fabric/test/good/000.png");
        CommandRun.succeeding(train(model, "--image-size", "56", "--levels", "0,2", "--tile-overlap", "14"));
        assertEquals(new Tiling(14, 1), ModelFile.info(model).config().tiling());
        assertTrue(CommandRun.succeeding("info", "--model", model).contains("[0, 2]"));
        Path report = folder.resolve("r.html");
        CommandRun.succeeding(
                "evaluate",
                "--model",
                model,
                "--data",
                TinyModel.data().resolve("fabric"),
                "--report",
                report,
                "--pictures",
                "features",
                "--out",
                folder.resolve("p"));
        String page = Files.readString(report);
        assertTrue(page.contains(NAME) && page.contains("level 0, features") && page.contains("level 2, features"));
        CommandRun.succeeding(
                "detect", "--model", model, "--pictures", "features", "--out", folder.resolve("d"), image);
        assertTrue(Files.isRegularFile(folder.resolve("d/000.png")));
        CommandRun.of("decoder", "train", "--model", model, "--data", TinyModel.data(), "--out", folder.resolve("x"))
                .assertFailure("[0, 2]", "strides [14, 14]", "[8, 16]", "--pictures features");
    }

    /** All levels have the same number of channels, so a checkpoint does not show its levels. */
    @Test
    void aCheckpointNeedsItsLevels() {
        Path model = folder.resolve("model.safetensors");
        Path checkpoint = folder.resolve("c.pth");
        CommandRun.succeeding(train(model, "--image-size", "56", "--levels", "1,2"));
        CommandRun.succeeding("export", model, "--out", checkpoint);
        CommandRun.of(
                        "import",
                        checkpoint,
                        "--out",
                        folder.resolve("x"),
                        "--backbone",
                        NAME,
                        "--weights",
                        weights,
                        "--threshold",
                        "1")
                .assertFailure("c.pth", "384 channels", NAME, "--levels");
    }

    @Test
    void whatDoesNotFitIsAnsweredWithWhatDoes() {
        Path out = folder.resolve("x");
        CommandRun.of(train(out, "--image-size", "64", "--levels", "2"))
                .assertFailure("image size 64 is not a multiple of the stride 14", "56 or 70");
        CommandRun.of(train(out, "--image-size", "56", "--levels", "2,12"))
                .assertFailure("no level 12", "0, 1, 2, 3", "11");
        // the file ends with block 2
        CommandRun.of(train(out, "--image-size", "56", "--levels", "2,3"))
                .assertFailure("weights.safetensors", "blocks.3.norm1.weight is missing");
    }
}
