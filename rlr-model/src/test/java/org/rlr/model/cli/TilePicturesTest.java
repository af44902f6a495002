package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.RlrModel;
import org.rlr.model.config.Tiling;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Images;
import org.rlr.model.data.Preprocessor;
import org.rlr.model.data.Resize;
import org.rlr.model.data.RgbImage;
import org.rlr.model.decoder.DecoderFile;
import org.rlr.model.decoder.DecoderSettings;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Examination;
import org.rlr.model.report.FeatureColors;
import org.rlr.model.report.ReconstructionPictures;
import org.rlr.model.train.DecoderTrainer;
import org.rlr.model.train.TrainingListener;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;

/** Pictures of features and by a decoder for tiled images: 96×96 pixels, two by two tiles of 64 that overlap by 32. */
class TilePicturesTest {
    private static final int IMAGE = 96;
    private static final int TILE = 64;
    private static final int SHARED = 2 * TILE - IMAGE;
    private static Path model;

    @TempDir
    Path folder;

    @BeforeAll
    static void train(@TempDir Path home) {
        model = home.resolve("model.safetensors");
        CommandRun.succeeding(TinyModel.train(
                TinyModel.data().resolve("fabric"), model, "--tile-overlap", "16", "--tile-scale", "1.5"));
    }

    private static Path image() {
        return TinyModel.data().resolve("fabric/test/good/000.png");
    }

    /** The definition: along each axis the first tile fades out as a squared sine while the second fades in. */
    private static void assertBlended(List<RgbImage> tiles, ReconstructionPictures.Captioned actual) {
        assertEquals(4, tiles.size());
        assertEquals(IMAGE, actual.picture().width());
        assertEquals(IMAGE, actual.picture().height());
        for (int y = 0; y < IMAGE; y++) {
            for (int x = 0; x < IMAGE; x++) {
                for (int c = 0; c < 3; c++) {
                    double expected = 0;
                    for (int row = 0; row < 2; row++) {
                        for (int column = 0; column < 2; column++) {
                            double weight = weight(row, y) * weight(column, x);
                            if (weight > 0) {
                                int at = (y - row * SHARED) * TILE + x - column * SHARED;
                                expected +=
                                        weight * (tiles.get(2 * row + column).rgb()[3 * at + c] & 0xff);
                            }
                        }
                    }
                    assertEquals(
                            expected, actual.picture().rgb()[3 * (y * IMAGE + x) + c] & 0xff, 0.51, actual.caption());
                }
            }
        }
    }

    private static double weight(int tile, int pixel) {
        double second = pixel < SHARED
                ? 0
                : pixel >= TILE ? 1 : Math.pow(Math.sin(Math.PI / 2 * (pixel - SHARED + 0.5) / SHARED), 2);
        return tile == 1 ? second : 1 - second;
    }

    @Test
    void everyTileIsExamined() {
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            Examination e = detector.scorer().examine(Images.read(image()));
            assertArrayEquals(detector.detect(image()).map(), e.map().values());
            assertEquals(4, e.grid().count());
            assertEquals(4, e.inputs().size());
            assertThrows(IllegalStateException.class, e::levels);
            RlrModel m = detector.model();
            RgbImage resized = Resize.lanczos(Images.read(image()), IMAGE, IMAGE);
            for (int tile = 0; tile < 4; tile++) {
                float[] pixels = new Preprocessor(
                                TILE, TILE, m.backbone().info().normalization())
                        .apply(e.grid().cut(resized, tile));
                try (TensorScope scope = TensorScope.inference(m.backend())) {
                    List<Tensor> tokens = m.tokens(Tensor.of(pixels, 1, TILE, TILE, 3));
                    for (int level = 0; level < 2; level++) {
                        assertArrayEquals(
                                tokens.get(level).toArray(),
                                e.inputs().get(tile).get(level).features());
                    }
                }
            }
        }
    }

    @Test
    void falseColoursOfAllTilesAreThoseOfOneBasis() throws IOException {
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            Examination e = detector.scorer().examine(Images.read(image()));
            List<List<ReconstructionPictures.Captioned>> lines =
                    ReconstructionPictures.ofFeatures().lines(e, e.grid().image());
            assertEquals(2, lines.size());
            for (int i = 0; i < 2; i++) {
                int index = i;
                List<Examination.Level> tiles =
                        e.inputs().stream().map(input -> input.get(index)).toList();
                FeatureColors colors = new FeatureColors(
                        tiles.stream().map(Examination.Level::features).toList(),
                        tiles.get(0).channels());
                List<Function<Examination.Level, float[]>> shown = List.of(
                        Examination.Level::features,
                        Examination.Level::reconstruction,
                        level -> level.reference().get(0));
                assertEquals(
                        List.of("stride " + (8 << i) + ", features", "reconstruction", "reference"),
                        lines.get(i).stream()
                                .map(ReconstructionPictures.Captioned::caption)
                                .toList());
                for (int column = 0; column < 3; column++) {
                    Function<Examination.Level, float[]> tokens = shown.get(column);
                    assertBlended(
                            tiles.stream()
                                    .map(t -> Resize.nearest(
                                            colors.picture(tokens.apply(t), t.height(), t.width()), TILE, TILE))
                                    .toList(),
                            lines.get(i).get(column));
                }
            }
        }
        assertEquals(
                3 * 280 - 4,
                picture("features", "--pictures", "features").getHeight(),
                "image and map, and a line per level");
    }

    @Test
    void aDecoderLearnsFromTilesAndItsPicturesAreBlended() throws IOException {
        Path file = folder.resolve("decoder.safetensors");
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            List<Integer> seen = new ArrayList<>();
            TrainingListener listener = new TrainingListener() {
                @Override
                public void step(int epoch, int epochs, int step, int steps, double loss, int images) {
                    seen.add(images);
                }
            };
            try (FeatureDecoder decoder = new DecoderTrainer(new DecoderSettings(1, 3, 1e-4f, 1), listener)
                    .train(detector.model(), List.of(ImageSource.of(image())))) {
                assertEquals(List.of(3, 1), seen, "four tiles");
                assertEquals(1, decoder.info().images());
                assertEquals(new Tiling(16, 1.5), decoder.info().tiling());
                Examination e = detector.scorer().examine(Images.read(image()));
                List<ReconstructionPictures.Captioned> line = ReconstructionPictures.decoded(decoder)
                        .lines(e, e.grid().image())
                        .get(0);
                assertEquals(
                        List.of("decoded features", "reconstruction", "reference"),
                        line.stream()
                                .map(ReconstructionPictures.Captioned::caption)
                                .toList());
                List<Function<Examination.Level, float[]>> shown = List.of(
                        Examination.Level::features,
                        Examination.Level::reconstruction,
                        level -> level.reference().get(0));
                for (int column = 0; column < 3; column++) {
                    Function<Examination.Level, float[]> tokens = shown.get(column);
                    assertBlended(
                            e.inputs().stream()
                                    .map(input -> decoder.decode(
                                            input.stream().map(tokens).toList()))
                                    .toList(),
                            line.get(column));
                }
                DecoderFile.save(decoder, file);
            }
        }
        assertEquals(
                5 * 260 - 4,
                picture("decoder", "--decoder", file).getWidth(),
                "input, features, reconstruction, reference, map");
        CommandRun.of("detect", "--model", TinyModel.model(), "--out", folder.resolve("no"), "--decoder", file, image())
                .assertFailure(file, "cut into tiles after a resize by 1.5", "resized as a whole");
    }

    private BufferedImage picture(String name, Object... options) throws IOException {
        Path out = folder.resolve(name);
        List<Object> args = new ArrayList<>(List.of("detect", "--model", model, "--out", out, image()));
        args.addAll(List.of(options));
        assertEquals(
                CommandRun.succeeding("detect", "--model", model, image()),
                CommandRun.succeeding(args.toArray()),
                "the kind of pictures does not change the score");
        BufferedImage picture = ImageIO.read(out.resolve("000.png").toFile());
        assertTrue(picture.getWidth() > 2 * 256, name);
        return picture;
    }
}
