package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.config.Validation;
import org.rlr.model.train.ConfigFile;
import org.rlr.tensor.io.SafeTensorsFile;

/** The description of a model trains the same model again. */
class ConfigFileTest {
    @TempDir
    Path folder;

    private Path config;
    private Path again;

    @BeforeEach
    void name() {
        config = folder.resolve("config.json");
        again = folder.resolve("again.safetensors");
    }

    private void describe(Path model) throws IOException {
        Files.writeString(config, CommandRun.succeeding("info", "--json", "--model", model));
    }

    @Test
    void theDescriptionOfAModelWithNothingAtItsDefaultGivesItsBytes() throws IOException {
        Path model = folder.resolve("model.safetensors");
        CommandRun.succeeding(
                "train",
                "--recipe",
                "published",
                "--data",
                TinyModel.data(),
                "--out",
                model,
                "--epochs",
                "2",
                "--batch-size",
                "3",
                "--lr",
                "0.0003",
                "--seed",
                "9007199254740993",
                "--image-size",
                "64",
                "--levels",
                "2,3",
                "--width",
                "16",
                "--heads",
                "4",
                "--layers",
                "1",
                "--blocks",
                "mca,sa",
                "--window",
                "2=5",
                "--gate",
                "net",
                "--ref-len",
                "2",
                "--ref-loss",
                "--feature-jitter",
                "3",
                "--noise-prob",
                "0.3",
                "--mask-tokens",
                "--optimizer",
                "zero-steps",
                "--no-avg-pool",
                "--validation",
                "0.5",
                "--keep-best");
        describe(model);
        CommandRun.succeeding("train", "--config", config, "--data", TinyModel.data(), "--out", again);
        assertEquals(-1, Files.mismatch(model, again));
        assertEquals(ModelFile.info(model), new Gson().fromJson(Files.readString(config), ModelInfo.class));
        // all settings in the file
        assertEquals(
                JsonParser.parseString(new Gson().toJson(ModelFile.info(model))),
                JsonParser.parseString(Files.readString(config)));

        // options override the file, also negated ones
        CommandRun.succeeding(
                "train",
                "--config",
                config,
                "--data",
                TinyModel.data(),
                "--out",
                again,
                "--epochs",
                "1",
                "--no-ref-loss",
                "--ref-len",
                "1",
                "--avg-pool",
                "--no-mask-tokens",
                "--no-keep-best",
                "--gate",
                "none",
                "--optimizer",
                "adam",
                "--seed",
                "4");
        ModelInfo info = ModelFile.info(again);
        RlrConfig c = ModelFile.info(model).config();
        assertEquals(
                RlrConfig.builder(c.backbone())
                        .imageSize(64, 64)
                        .levels(c.levels())
                        .width(16)
                        .heads(4)
                        .layers(1)
                        .blocks(c.blocks())
                        .windows(Map.of(2, 5))
                        .build(),
                info.config());
        assertEquals(
                TrainingSettings.builder()
                        .epochs(1)
                        .batchSize(3)
                        .learningRate(3e-4f)
                        .seed(4)
                        .featureJitter(3)
                        .noiseProb(0.3f)
                        .validation(new Validation(0.5, false))
                        .build(),
                info.training());
        CommandRun.succeeding(
                "train",
                "--config",
                config,
                "--data",
                TinyModel.data(),
                "--out",
                again,
                "--epochs",
                "1",
                "--validation",
                "0",
                "--no-keep-best");
        assertEquals(8, ModelFile.info(again).images());
        // the window of an omitted level is omitted too
        CommandRun.succeeding(
                "train",
                "--config",
                config,
                "--data",
                TinyModel.data(),
                "--out",
                again,
                "--epochs",
                "1",
                "--levels",
                "3");
        assertNull(ModelFile.info(again).config().windows());
    }

    @Test
    void aWindowChangesWhatIsLearnedAndIsTold() throws IOException {
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), again, "--window", "2=5,3=1"));
        assertEquals(Map.of(2, 5, 3, 1), ModelFile.info(again).config().windows());
        assertTrue(CommandRun.succeeding("info", "--model", again).contains("attention windows 2=5,3=1"));
        assertFalse(CommandRun.succeeding("info", "--model", TinyModel.model()).contains("attention windows"));
        for (int level : new int[] {2, 3}) {
            assertFalse(Arrays.equals(reference(again, level), reference(TinyModel.model(), level)), "level " + level);
        }
        // the windows of the grid give the same model
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), again, "--window", "2=3,3=3"));
        for (int level : new int[] {2, 3}) {
            assertArrayEquals(reference(TinyModel.model(), level), reference(again, level));
        }
        CommandRun.of(TinyModel.train(TinyModel.data(), again, "--window", "2=4"))
                .assertFailure("--window 2=4", "odd");
        CommandRun.of(TinyModel.train(TinyModel.data(), again, "--window", "5"))
                .assertWrongUsage("--window", "LEVEL=SIZE");
    }

    private static float[] reference(Path model, int level) {
        try (SafeTensorsFile file = SafeTensorsFile.open(model)) {
            return file.readFloats("level" + level + ".ref_mca");
        }
    }

    @Test
    void aFileMaySayLittle() throws IOException {
        Files.writeString(
                config, "{\"training\": {\"epochs\": 3}, \"config\": {\"imageHeight\": 64, \"imageWidth\": 64}}");
        ConfigFile read = ConfigFile.read(config);
        assertEquals(TrainingSettings.PUBLISHED.toBuilder().epochs(3).build(), read.training());
        assertEquals(64, read.config().imageHeight());
        assertEquals(RlrConfig.published("scattering").width(), read.config().width());
        assertTrue(read.saysTraining());
        Files.writeString(config, "{\"config\": {\"width\": 32}}");
        assertFalse(ConfigFile.read(config).saysTraining());
    }

    @Test
    void aWrongFileIsRefusedByNameAndValue() throws IOException {
        CommandRun.of("train", "--config", config, "--data", TinyModel.data(), "--out", again)
                .assertFailure(config, "info --json");
        record Wrong(String text, List<String> mentions) {}
        for (Wrong wrong : List.of(
                new Wrong("", List.of("not a JSON object")),
                new Wrong("{\"training\"", List.of("not a usable configuration")),
                new Wrong("[]", List.of("not a JSON object")),
                new Wrong("{}", List.of("neither")),
                new Wrong("{\"trainin\": {}}", List.of("trainin", "training")),
                new Wrong("{\"training\": {\"epoch\": 1}}", List.of("training.epoch", "epochs")),
                new Wrong("{\"training\": {\"epochs\": 0}}", List.of("--epochs is 0")),
                new Wrong("{\"training\": {\"epochs\": 1.5}}", List.of("1.5")),
                new Wrong("{\"training\": {\"epochs\": null}}", List.of("training.epochs", "null")),
                new Wrong("{\"training\": {\"optimizer\": \"sgd\"}}", List.of("'sgd'", "zero-steps")),
                new Wrong("{\"training\": {\"maskTokens\": \"yes\"}}", List.of("training.maskTokens", "yes")),
                new Wrong("{\"training\": 7}", List.of("training")),
                new Wrong("{\"training\": {\"validation\": {\"fraction\": 2}}}", List.of("--validation is 2.0")),
                new Wrong(
                        "{\"training\": {\"validation\": {\"share\": 2}}}",
                        List.of("training.validation.share", "fraction")),
                new Wrong("{\"config\": {\"gate\": \"door\"}}", List.of("'door'")),
                new Wrong("{\"config\": {\"blocks\": [\"mca\", \"xyz\"]}}", List.of("xyz")),
                new Wrong("{\"config\": {\"windows\": {\"2\": 4}}}", List.of("--window 2=4")),
                new Wrong("{\"config\": {\"windows\": {\"2\": 4.5}}}", List.of("4.5")),
                new Wrong("{\"config\": {\"windows\": {\"5\": 3}}}", List.of("--window 5=3")),
                new Wrong("{\"config\": {\"windows\": {\"2\": null}}}", List.of("is null")),
                new Wrong("{\"config\": {\"levels\": [null]}}", List.of("\"config\"", "is null")),
                new Wrong("{\"config\": {\"levels\": 2}}", List.of("\"config\"", "levels")),
                new Wrong("{\"config\": {\"width\": \"wide\"}}", List.of("wide")),
                new Wrong("{\"config\": {\"imageHeight\": 100}}", List.of("100")))) {
            Files.writeString(config, wrong.text);
            CommandRun run = CommandRun.of("train", "--config", config, "--data", TinyModel.data(), "--out", again);
            run.assertFailure(config);
            run.assertFailure(wrong.mentions.toArray());
            assertFalse(run.err().contains("Exception") || run.err().contains("http"), run.err());
        }
        assertTrue(Files.notExists(again));
    }

    @Test
    void aModelThatAnotherProgramTrainedSaysNothingOfTheTraining() throws IOException {
        Files.writeString(
                config,
                "{\"config\": {\"imageHeight\": 64, \"imageWidth\": 64, \"width\": 16, \"layers\": 1}, "
                        + "\"origin\": \"checkpoint.pth\"}");
        CommandRun run =
                CommandRun.of("train", "--config", config, "--data", TinyModel.data(), "--out", again, "--epochs", "1");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("note: " + config + " has no training settings"), run.err());
        assertEquals(
                TrainingSettings.PUBLISHED.toBuilder().epochs(1).build(),
                ModelFile.info(again).training());
    }
}
