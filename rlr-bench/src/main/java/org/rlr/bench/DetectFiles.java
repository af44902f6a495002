package org.rlr.bench;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/**
 * The files that ours and the peers read: a model of the published shape on a small backbone, with random weights, and
 * an image.
 */
final class DetectFiles implements AutoCloseable {
    private static final String BACKBONE = "tf_efficientnet_lite0";
    private static final int IMAGE_SIDE = 512;
    /** The texture's coarsest pattern; each finer one has half the period. */
    private static final int COARSEST = 64;

    private final Path folder;

    /** Writes both into a new folder. */
    DetectFiles() {
        try {
            folder = Files.createTempDirectory("rlr-bench-detect");
            ImageIO.write(texture(), "png", image().toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        RlrConfig config = RlrConfig.published(BACKBONE);
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS);
                RlrModel model = model(config, backend)) {
            ModelFile.save(model, model());
        }
    }

    private static RlrModel model(RlrConfig config, Backend backend) {
        Backbone backbone = Backbones.create(
                BACKBONE,
                backend,
                config.levels(),
                RandomWeights.stateDict(RandomWeights.of(BACKBONE, config.levels())),
                "random");
        List<RlrTransformer> levels = new ArrayList<>();
        for (LevelConfig shape : config.shapes(backbone.info().levels())) {
            RlrTransformer transformer = new RlrTransformer(shape, backend, false);
            transformer.parameters().initialize(levels.size());
            levels.add(transformer);
        }
        ModelInfo info = ModelInfo.builder(config)
                .training(TrainingSettings.PUBLISHED)
                .classes(List.of("texture"))
                .images(1)
                .loss(1)
                .scores(new ScoreStatistics(1, 1, 0, 1, 1, 0, 1))
                .build();
        return new RlrModel(backend, info, backbone, null, levels);
    }

    /** Noise of several periods, with detail like a photograph, so that decoding and resizing do their usual work. */
    private static BufferedImage texture() {
        SplittableRandom random = new SplittableRandom(7);
        BufferedImage image = new BufferedImage(IMAGE_SIDE, IMAGE_SIDE, BufferedImage.TYPE_INT_RGB);
        double[][] sum = new double[3][IMAGE_SIDE * IMAGE_SIDE];
        for (int period = COARSEST; period >= 1; period /= 2) {
            for (double[] channel : sum) {
                double[] grid = random.doubles((long) Math.pow(IMAGE_SIDE / period + 1, 2), -1, 1)
                        .toArray();
                for (int i = 0; i < channel.length; i++) {
                    channel[i] += period
                            * grid[i / IMAGE_SIDE / period * (IMAGE_SIDE / period + 1) + i % IMAGE_SIDE / period];
                }
            }
        }
        for (int i = 0; i < IMAGE_SIDE * IMAGE_SIDE; i++) {
            int rgb = 0;
            for (double[] channel : sum) {
                rgb = rgb << 8 | (int) Math.max(0, Math.min(255, 128 + channel[i]));
            }
            image.setRGB(i % IMAGE_SIDE, i / IMAGE_SIDE, rgb);
        }
        return image;
    }

    /** The model, as {@code rlr train} writes one. */
    Path model() {
        return folder.resolve("model.safetensors");
    }

    /** An image of 512×512 pixels. */
    Path image() {
        return folder.resolve("texture.png");
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(model());
            Files.deleteIfExists(image());
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
