package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Preprocessor;
import org.rlr.model.features.FeatureExtractor;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.io.SafeTensorsFile;

/** Recipes, and what they are made of: standardised features, warm-up, schedule. */
class RecipeTest {
    private static final String BACKBONE = "tf_efficientnet_lite0";

    @TempDir
    Path folder;

    private Path model;
    private Path weights;

    @BeforeEach
    void write() {
        model = folder.resolve("model.safetensors");
        weights = folder.resolve("weights.safetensors");
        BackboneFile.write(BACKBONE, weights);
    }

    private Object[] train(Path out, Object... more) {
        return with(TinyModel.train(TinyModel.data(), out, "--backbone", BACKBONE, "--weights", weights), more);
    }

    @Test
    void fastIsItsPartsAndTheModelSaysSoAndReproducesItself() throws IOException {
        CommandRun.succeeding(train(model, "--recipe", "fast"));
        String info = CommandRun.succeeding("info", "--model", model);
        assertTrue(
                info.contains("[2, 3], standardised")
                        && info.contains("lr 5.0E-4")
                        && info.contains("20 warm-up steps, schedule cosine"),
                info);
        Path parts = folder.resolve("parts.safetensors");
        CommandRun.succeeding(train(
                parts, "--standardize", "--batch-size", "4", "--lr", "5e-4", "--warmup", "20", "--schedule", "cosine"));
        assertEquals(-1, Files.mismatch(model, parts));
        Path json = folder.resolve("config.json");
        Files.writeString(json, CommandRun.succeeding("info", "--json", "--model", model));
        Path again = folder.resolve("again.safetensors");
        CommandRun.succeeding(
                "train",
                "--config",
                json,
                "--data",
                TinyModel.data(),
                "--out",
                again,
                "--weights",
                weights,
                "--threads",
                "2");
        assertEquals(-1, Files.mismatch(model, again));
        CommandRun.of(
                        "train",
                        "--config",
                        json,
                        "--recipe",
                        "fast",
                        "--data",
                        TinyModel.data(),
                        "--out",
                        again,
                        "--weights",
                        weights)
                .assertFailure("--recipe fast", "--config", "leave one away");
        CommandRun.of(train(again, "--recipe", "slow")).assertFailure("'slow'", "published or fast");
    }

    @Test
    void publishedIsTheDefault() throws IOException {
        CommandRun.succeeding(train(model));
        Path named = folder.resolve("named.safetensors");
        CommandRun.succeeding(train(named, "--recipe", "published"));
        assertEquals(-1, Files.mismatch(model, named));
        try (SafeTensorsFile file = SafeTensorsFile.open(model)) {
            assertFalse(file.names().stream().anyMatch(name -> name.startsWith("statistics")));
        }
    }

    /** Over the images that the statistics come from, features before smoothing have mean 0 and deviation 1. */
    @Test
    void standardisedFeaturesHaveMeanZeroAndDeviationOne() {
        CommandRun.succeeding(train(model, "--standardize", "--no-avg-pool"));
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));
                RlrModel loaded = ModelFile.load(model, backend)) {
            FeatureExtractor extractor =
                    new FeatureExtractor(loaded.backbone(), loaded.info().config(), loaded.statistics());
            Preprocessor preprocessor =
                    new Preprocessor(64, 64, loaded.backbone().info().normalization());
            int channels = loaded.backbone().info().level(3).channels();
            double[] sum = new double[channels];
            double[] squares = new double[channels];
            int count = 0;
            for (ImageSource image : DataLayouts.read(TinyModel.data()).train().stream()
                    .map(s -> s.image())
                    .toList()) {
                float[] pixels = new float[preprocessor.length()];
                preprocessor.apply(image.read(), pixels, 0);
                try (TensorScope scope = TensorScope.inference(backend)) {
                    float[] tokens = extractor
                            .tokens(Tensor.of(pixels, 1, 64, 64, 3))
                            .get(1)
                            .toArray();
                    for (int i = 0; i < tokens.length; i++) {
                        sum[i % channels] += tokens[i];
                        squares[i % channels] += (double) tokens[i] * tokens[i];
                    }
                    count += tokens.length / channels;
                }
            }
            int full = 0;
            for (int c = 0; c < channels; c++) {
                double mean = sum[c] / count;
                double deviation = Math.sqrt(squares[c] / count - mean * mean);
                assertEquals(0, mean, 1e-3, "channel " + c);
                assertTrue(deviation < 1.001, "channel " + c + ": " + deviation);
                full += deviation > 0.999 ? 1 : 0;
            }
            assertTrue(
                    full > channels / 2,
                    full + " of " + channels + "; the rest varies so little that its deviation has the floor");
        }
    }

    @Test
    void aCosineBelongsToItsNumberOfEpochs() throws IOException {
        Object[] more = {"--schedule", "cosine"};
        Path state = folder.resolve("state");
        CommandRun.succeeding(epochs(train(model, more), 2, "--checkpoint-every", "1", "--checkpoint", state));
        CommandRun.of(epochs(train(model, more), 3, "--resume", state))
                .assertFailure(state, "another training", "the settings");
        Path resumed = folder.resolve("resumed.safetensors");
        CommandRun.succeeding(epochs(train(resumed, more), 2, "--resume", state));
        assertEquals(-1, Files.mismatch(model, resumed));
        CommandRun.succeeding(epochs(train(resumed), 2));
        assertNotEquals(-1, Files.mismatch(model, resumed), "the schedule matters");
    }

    private static Object[] with(Object[] args, Object... more) {
        Object[] all = Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        return all;
    }

    private static Object[] epochs(Object[] args, int epochs, Object... more) {
        Object[] all = with(args, more);
        all[Arrays.asList(args).indexOf("--epochs") + 1] = epochs;
        return all;
    }
}
