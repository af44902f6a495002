package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.config.Validation;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Preprocessor;
import org.rlr.model.demo.DemoDataSet;
import org.rlr.model.features.FeatureExtractor;
import org.rlr.model.train.Recipe;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.io.SafeTensorsFile;

/** Recipes and their parts: standardised features, warm-up, schedule. */
class RecipeTest {
    private static final String BACKBONE = "tf_efficientnet_lite0";

    /** The channels of the backbone's level 3. */
    private static final int CHANNELS = 112;

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
                .assertFailure("--recipe fast", "--config", "omit one of them");
        CommandRun.of(train(again, "--recipe", "slow")).assertFailure("'slow'", "recommended, published or fast");
    }

    @Test
    void recommendedIsTheDefaultAndItsParts() throws IOException {
        Object[] plain = {
            "train",
            "--data",
            TinyModel.data(),
            "--backbone",
            BACKBONE,
            "--weights",
            weights,
            "--image-size",
            64,
            "--epochs",
            1,
            "--out"
        };
        String text = CommandRun.succeeding(with(plain, model));
        assertTrue(text.contains("model of width 64 and 1 layer, image size 64×64"), text);
        assertTrue(text.contains("no images are held out: 8 are too few for a threshold"), text);
        assertTrue(text.contains("1 epoch of 4 steps"), text);
        assertTrue(text.contains("deviations of the training images") && text.contains("rlr threshold --model"), text);
        assertTrue(text.contains("rlr evaluate --model " + model + " --data " + TinyModel.data()), text);
        assertFalse(text.contains("weights get"), "weights are at hand");
        Path named = folder.resolve("named.safetensors");
        CommandRun.succeeding(with(with(plain, named), "--recipe", "recommended"));
        assertEquals(-1, Files.mismatch(model, named));
        CommandRun.succeeding(with(
                with(plain, named),
                "--recipe",
                "fast",
                "--width",
                64,
                "--layers",
                1,
                "--batch-size",
                2,
                "--lr",
                "2e-3",
                "--least-deviation",
                1));
        assertEquals(-1, Files.mismatch(model, named));
        assertEquals(
                Recipe.of(Recipe.RECOMMENDED, BACKBONE).training().toBuilder()
                        .epochs(1)
                        .build(),
                ModelFile.info(model).training());
        try (SafeTensorsFile file = SafeTensorsFile.open(model)) {
            assertTrue(file.names().stream().anyMatch(name -> name.startsWith("statistics")));
        }
    }

    @Test
    void publishedIsAsThePaperHasIt() {
        CommandRun.succeeding(train(model, "--recipe", "published"));
        assertEquals(
                TrainingSettings.PUBLISHED.toBuilder().epochs(1).build(),
                ModelFile.info(model).training());
        try (SafeTensorsFile file = SafeTensorsFile.open(model)) {
            assertFalse(file.names().stream().anyMatch(name -> name.startsWith("statistics")));
        }
        String help = CommandRun.succeeding("train", "--help").replaceAll("\\s+", " ");
        assertTrue(help.contains("(default: recommended)"), help);
    }

    /** A false-alarm rate of 0.05 needs 19 images; a tenth of four times 24 is only 8. */
    @Test
    void imagesAreHeldOutWhereThereAreEnoughAndWhatIsPrintedSaysHowSureTheThresholdIs() throws IOException {
        Path data = folder.resolve("data");
        DemoDataSet.generate(data, 64, 24, 1, 1, 11, 2);
        Object[] args = {
            "train", "--data", data, "--image-size", 64, "--width", 16, "--layers", 1, "--epochs", 2, "--out", model
        };
        String text = CommandRun.succeeding(args);
        assertTrue(text.contains("76 for training, 20 held out"), text);
        assertTrue(text.contains("2 epochs of 38 steps"), text);
        assertTrue(text.contains("chosen by the lowest loss"), text);
        assertTrue(text.contains("false-alarm rate of at most 0.05, from 20 normal images"), text);
        assertTrue(text.contains("expected false alarms on normal images like these: 4.8 % (0.1 … 16.8)"), text);
        assertFalse(text.contains("only preliminary"), text);
        Set<String> classes = ModelFile.info(model).thresholds().perClass().keySet();
        assertEquals(4, classes.size());
        String printed = text;
        classes.forEach(name -> assertTrue(printed.contains("  " + name + " "), printed));
        Path json = folder.resolve("config.json");
        Files.writeString(json, CommandRun.succeeding("info", "--json", "--model", model));
        Path again = folder.resolve("again.safetensors");
        CommandRun.succeeding("train", "--config", json, "--data", data, "--out", again);
        assertEquals(-1, Files.mismatch(model, again));

        text = CommandRun.succeeding(with(args, "--validation", "0.25", "--patience", 1));
        assertTrue(text.contains("72 for training, 24 held out") && text.contains("from 24 normal"), text);
        assertEquals(
                new Validation(0.25, true, 1, 0.05),
                ModelFile.info(model).training().validation());
        text = CommandRun.succeeding(with(args, "--validation", "0.05", "--no-keep-best"));
        assertTrue(text.contains("4 held out") && text.contains("only preliminary"), text);
        text = CommandRun.succeeding(with(args, "--validation", 0));
        assertFalse(text.contains("held out"), text);
        CommandRun.of(with(args, "--false-alarm-rate", "0.01"))
                .assertFailure("20 normal images held out", "0.01", "99 are needed");
        for (String option : List.of("--false-alarm-rate=0.1", "--patience=3", "--keep-best")) {
            CommandRun.of(with(args, "--recipe", "published", option))
                    .assertFailure(option.split("=")[0], "--validation");
        }
    }

    @Test
    void aTimeIsTurnedIntoEpochs() {
        Path checkpoint = folder.resolve("state");
        Object[] args = {
            "train", "--data", TinyModel.data(), "--image-size", 64, "--width", 16, "--layers", 1, "--out", model
        };
        String text = CommandRun.succeeding(
                with(args, "--time", "1.5s", "--checkpoint-every", 1000, "--checkpoint", checkpoint));
        int epochs = ModelFile.info(model).training().epochs();
        assertTrue(text.contains((epochs == 1 ? "1 epoch" : epochs + " epochs") + " of 4 steps"), text);
        assertTrue(text.contains("million parameters: about "), text);
        CommandRun.succeeding(with(args, "--time", "10h", "--resume", checkpoint)); // no epochs are left
        assertEquals(epochs, ModelFile.info(model).training().epochs());
        CommandRun.of(with(args, "--time", "1s", "--epochs", 2)).assertFailure("--time", "--epochs", "omit one");
        CommandRun.of(with(args, "--time", "1s", "--seeds", "1,2")).assertFailure("--time", "--seeds", "--epochs");
        CommandRun.of(with(args, "--time", "-1s")).assertFailure("--time");
        CommandRun.of(with(args, "--time", "8785h")).assertFailure("--time", "at most 8784 hours");
        CommandRun.of(with(args, "--time", "soon")).assertWrongUsage("--time", "soon", "10m");
    }

    @Test
    void withoutWeightsItSaysWhatWouldBeBetter() {
        String text = CommandRun.succeeding(TinyModel.train(TinyModel.data(), model));
        assertTrue(text.contains("rlr weights get tf_efficientnet_lite2"), text);
        text = CommandRun.succeeding(TinyModel.train(TinyModel.data(), model, "--backbone", "scattering"));
        assertFalse(text.contains("weights get"), text);
    }

    @Test
    void standardisedFeaturesHaveMeanZeroAndDeviationOne() {
        CommandRun.succeeding(train(model, "--standardize", "--no-avg-pool"));
        int full = channelsOfDeviationOne();
        assertTrue(full > CHANNELS / 2, full + " channels; the others vary so little that they are at the floor");
    }

    @Test
    void channelsThatVaryLessThanTheMeanAreNotAmplified() {
        CommandRun.succeeding(train(model, "--standardize", "--least-deviation", 1, "--no-avg-pool"));
        int full = channelsOfDeviationOne();
        assertTrue(full > CHANNELS / 4 && full < CHANNELS * 3 / 4, full + " channels vary more than the mean");
    }

    /**
     * Checks that the features of the model's training images, before smoothing, have mean 0 and deviations of at most
     * 1, and counts the channels whose deviation is 1.
     */
    private int channelsOfDeviationOne() {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));
                RlrModel loaded = ModelFile.load(model, backend)) {
            FeatureExtractor extractor =
                    new FeatureExtractor(loaded.backbone(), loaded.info().config(), loaded.statistics());
            Preprocessor preprocessor =
                    new Preprocessor(64, 64, loaded.backbone().info().normalization());
            int channels = loaded.backbone().info().level(3).channels();
            assertEquals(CHANNELS, channels);
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
            return full;
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
        assertNotEquals(-1, Files.mismatch(model, resumed), "the schedule changes the model");
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
