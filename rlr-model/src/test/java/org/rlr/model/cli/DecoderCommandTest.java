package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.decoder.DecoderFile;
import org.rlr.model.decoder.DecoderInfo;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** {@code rlr decoder train} and the pictures of {@code rlr detect}. */
class DecoderCommandTest {
    @TempDir
    Path folder;

    private Object[] train(Path model, Path out, Object... more) {
        List<Object> args = new ArrayList<>(List.of(
                "decoder",
                "train",
                "--model",
                model,
                "--data",
                TinyModel.data(),
                "--out",
                out,
                "--epochs",
                1,
                "--batch-size",
                4,
                "--threads",
                2));
        args.addAll(List.of(more));
        return args.toArray();
    }

    private BufferedImage picture(Object... options) throws IOException {
        Path image = TinyModel.images().get(0);
        Path out = folder.resolve("pictures" + options.length + options[options.length - 1].hashCode());
        List<Object> args = new ArrayList<>(List.of("detect", "--model", TinyModel.model(), "--out", out, image));
        args.addAll(List.of(options));
        String plain = CommandRun.succeeding("detect", "--model", TinyModel.model(), image);
        assertEquals(plain, CommandRun.succeeding(args.toArray()), "the kind of pictures does not change the score");
        return ImageIO.read(out.resolve(image.getFileName()).toFile());
    }

    /** Returns the different colours of one panel of a picture, below the captions. */
    private static Set<Integer> colors(BufferedImage picture, int column, int line) {
        Set<Integer> colors = new HashSet<>();
        for (int y = 0; y < 256; y++) {
            for (int x = 0; x < 256; x++) {
                colors.add(picture.getRGB(column * 260 + x, line * 280 + 20 + y));
            }
        }
        return colors;
    }

    @Test
    void aDecoderIsTrainedTheSameBitByBitAndDraws() throws IOException {
        Path first = folder.resolve("first.safetensors");
        Path second = folder.resolve("second.safetensors");
        String out = CommandRun.succeeding(train(TinyModel.model(), first));
        assertTrue(out.contains("8 normal images") && out.contains("mean squared error"), out);
        CommandRun.succeeding(train(TinyModel.model(), second));
        assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2))) {
            try (FeatureDecoder decoder = DecoderFile.load(first, backend)) {
                DecoderInfo info = decoder.info();
                assertEquals(List.of(2, 3), info.levels());
                assertEquals(8, info.images());
                assertTrue(info.loss() > 0 && Double.isFinite(info.loss()));
                DecoderFile.save(decoder, second);
                assertArrayEquals(
                        Files.readAllBytes(first), Files.readAllBytes(second), "loading and saving changes nothing");
            }
            assertEquals(0, backend.memory().used());
        }
        // input, decoded features, reconstruction, reference, map
        BufferedImage picture = picture("--decoder", first);
        assertEquals(5 * 260 - 4, picture.getWidth());
        assertEquals(276, picture.getHeight());
        for (int column = 0; column < 5; column++) {
            assertTrue(colors(picture, column, 0).size() > 100, "tile " + column);
        }
    }

    @Test
    void falseColoursNeedNoDecoder() throws IOException {
        BufferedImage picture = picture("--pictures", "features");
        assertEquals(3 * 260 - 4, picture.getWidth());
        assertEquals(3 * 280 - 4, picture.getHeight());
        for (int column = 0; column < 3; column++) {
            // 8×8 and 4×4 tokens, one colour each
            assertTrue(
                    colors(picture, column, 1).size() > 8
                            && colors(picture, column, 1).size() <= 64,
                    "tile " + column);
            assertTrue(
                    colors(picture, column, 2).size() > 2
                            && colors(picture, column, 2).size() <= 16,
                    "tile " + column);
        }
    }

    @Test
    void whatDoesNotFitIsSaidAndNothingIsLost() throws IOException {
        Path decoder = folder.resolve("decoder.safetensors");
        CommandRun.succeeding(train(TinyModel.model(), decoder));
        Path other = folder.resolve("other.safetensors");
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), other, "--no-avg-pool"));
        Path image = TinyModel.images().get(0);
        Path out = folder.resolve("out");
        CommandRun.of("detect", "--model", other, "--out", out, "--decoder", decoder, image)
                .assertFailure(decoder, "3x3 average", "rlr decoder train");
        CommandRun.of("detect", "--model", TinyModel.model(), "--out", out, "--decoder", TinyModel.model(), image)
                .assertFailure(TinyModel.model(), "not a feature decoder");
        CommandRun.of("detect", "--model", TinyModel.model(), "--out", out, "--pictures", "decoder", image)
                .assertFailure("--decoder", "--pictures features");
        CommandRun.of(
                        "detect",
                        "--model",
                        TinyModel.model(),
                        "--out",
                        out,
                        "--pictures",
                        "features",
                        "--decoder",
                        decoder,
                        image)
                .assertFailure(decoder, "no effect");
        CommandRun.of("detect", "--model", TinyModel.model(), "--pictures", "features", image)
                .assertFailure("--out");
        CommandRun.of("detect", "--model", TinyModel.model(), "--out", out, "--pictures", "all", image)
                .assertWrongUsage("--pictures");
        CommandRun.of(train(TinyModel.model(), TinyModel.model())).assertFailure(TinyModel.model(), "overwrite");
        CommandRun.of(train(TinyModel.model(), folder.resolve("absent/decoder")))
                .assertFailure("absent");
        CommandRun.of(train(decoder, folder.resolve("d"))).assertFailure(decoder, "not a model");
        CommandRun.of(train(TinyModel.model(), decoder, "--lr", "-1")).assertFailure("--lr", "positive");
        byte[] before = Files.readAllBytes(decoder);
        Files.write(decoder, Arrays.copyOf(before, before.length / 2));
        CommandRun.of("detect", "--model", TinyModel.model(), "--out", out, "--decoder", decoder, image)
                .assertFailure(decoder);
        CommandRun.of("decoder").assertWrongUsage("subcommand");
        assertFalse(Files.exists(out), "no folder if pictures cannot be drawn");
    }

    @Test
    void otherLevelsHaveNoDecoder() {
        Path model = folder.resolve("model.safetensors");
        CommandRun.succeeding(
                "train",
                "--recipe",
                "published",
                "--data",
                TinyModel.data(),
                "--out",
                model,
                "--image-size",
                "64",
                "--levels",
                "3",
                "--width",
                "16",
                "--layers",
                "1",
                "--epochs",
                "1",
                "--threads",
                "2");
        CommandRun.of(train(model, folder.resolve("decoder")))
                .assertFailure("[3]", "--levels 2,3", "--pictures features");
    }
}
