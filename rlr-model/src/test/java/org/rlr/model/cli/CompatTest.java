package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.ModelFile;
import org.rlr.model.config.ModelInfo;

/**
 * Model files and checkpoints from version 0.1.0, before backbones declared their strides, still give the same results.
 */
class CompatTest {
    /** Tolerance for kernels that round differently. */
    private static final double TOLERANCE = 1e-5;

    private static final Path DATA = Path.of(System.getProperty("rlr.shared", "../../shared"), "data");

    @TempDir
    Path folder;

    @BeforeAll
    static void filesDescribeThemselves() throws URISyntaxException {
        for (String name : List.of("plain", "thresholds", "tiles")) {
            ModelInfo info = ModelFile.info(file(name + ".safetensors"));
            assertEquals("scattering", info.config().backbone());
            assertEquals(name.equals("tiles"), info.config().tiling() != null);
            assertEquals(
                    name.equals("thresholds"), !info.thresholds().perClass().isEmpty());
        }
    }

    private static Path file(String name) throws URISyntaxException {
        return Path.of(CompatTest.class.getResource("/compat/" + name).toURI());
    }

    /** Returns the pictures, which are too many for test resources. */
    private static Path pictures() {
        Path pictures = DATA.resolve("magnetic-tile");
        assumeTrue(Files.isDirectory(pictures), pictures + " is absent (-Drlr.shared)");
        return DATA;
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "thresholds", "tiles"})
    void aModelGivesItsScores(String name) throws IOException, URISyntaxException {
        Path pictures = pictures();
        JsonArray expected = JsonParser.parseString(Files.readString(file(name + ".scores.json")))
                .getAsJsonArray();
        Path scores = folder.resolve("scores.json");
        List<Object> command =
                new ArrayList<>(List.of("detect", "--model", file(name + ".safetensors"), "--json", scores));
        for (JsonElement each : expected) {
            command.add(pictures.resolve(each.getAsJsonObject().get("path").getAsString()));
        }
        CommandRun.of(command.toArray());
        JsonArray actual = JsonParser.parseString(Files.readString(scores)).getAsJsonArray();
        assertEquals(14, actual.size());
        for (int i = 0; i < actual.size(); i++) {
            JsonObject was = expected.get(i).getAsJsonObject();
            JsonObject is = actual.get(i).getAsJsonObject();
            String path = was.get("path").getAsString();
            assertTrue(Path.of(is.get("path").getAsString()).endsWith(path), path);
            assertEquals(was.get("anomalous"), is.get("anomalous"), path);
            for (String key : List.of("score", "normalized_score", "threshold")) {
                double value = was.get(key).getAsDouble();
                assertEquals(
                        value, is.get(key).getAsDouble(), TOLERANCE * Math.max(1, Math.abs(value)), path + " " + key);
            }
        }
    }

    /** A checkpoint of two epochs plus a third epoch scores as three epochs do. */
    @Test
    void aStateIsResumed() throws IOException, URISyntaxException {
        Path pictures = pictures().resolve("magnetic-tile");
        Path data = Files.createDirectories(folder.resolve("compat-data/train/good"));
        for (int i = 0; i < 20; i++) {
            Path image = Path.of(String.format("%03d.jpg", i));
            Files.copy(pictures.resolve("train/good").resolve(image), data.resolve(image));
        }
        Path resumed = folder.resolve("resumed.safetensors");
        Path anew = folder.resolve("anew.safetensors");
        Object[] options = {
            "train",
            "--recipe",
            "published",
            "--data",
            folder.resolve("compat-data"),
            "--image-size",
            64,
            "--width",
            16,
            "--layers",
            1,
            "--batch-size",
            4,
            "--epochs",
            3
        };
        List<Object> command = new ArrayList<>(List.of(options));
        command.addAll(List.of("--out", resumed, "--resume", file("plain-state.safetensors")));
        CommandRun.succeeding(command.toArray());
        command = new ArrayList<>(List.of(options));
        command.addAll(List.of("--out", anew));
        CommandRun.succeeding(command.toArray());
        ModelInfo after = ModelFile.info(resumed);
        ModelInfo whole = ModelFile.info(anew);
        assertEquals(whole.config(), after.config());
        assertEquals(whole.training(), after.training());
        assertEquals(whole.loss(), after.loss(), 1e-4 * whole.loss());
        assertEquals(
                whole.scores().threshold(),
                after.scores().threshold(),
                1e-4 * whole.scores().threshold());
        assertEquals(
                whole.scores().max(),
                after.scores().max(),
                1e-4 * whole.scores().max());
    }
}
