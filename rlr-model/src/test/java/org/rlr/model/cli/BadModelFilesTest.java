package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.model.ModelException;
import org.rlr.model.ModelFile;
import org.rlr.model.decoder.DecoderFile;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.io.SafeTensorsWriter;

/** Files that are not models, damaged models, weights of another network. */
class BadModelFilesTest {
    @TempDir
    Path folder;

    /** Every command that reads a model prints the same error. */
    private static void assertRefused(Path model, Object... mentions) {
        CommandRun.of("info", "--model", model).assertFailure(mentions);
        CommandRun.of("detect", "--model", model, TinyModel.images().get(0)).assertFailure(mentions);
        CommandRun.of("evaluate", "--model", model, "--data", TinyModel.data()).assertFailure(mentions);
    }

    @Test
    void missingFolderEmptyAndForeignFiles() throws IOException {
        Path missing = folder.resolve("missing.safetensors");
        assertRefused(missing, missing, "does not exist", "check the path");
        assertRefused(folder, folder, "is a folder", "name a SafeTensors file");
        Path empty = Files.write(folder.resolve("empty.safetensors"), new byte[0]);
        assertRefused(empty, empty, "not a usable SafeTensors file", "again");
        Path picture = TinyModel.images().get(0);
        assertRefused(picture, picture, "not a usable SafeTensors file", "again");
    }

    /** Descriptions that need missing tensors, lack a value, or name something unknown. */
    @ParameterizedTest
    @CsvSource({
        "backbone_null, $.config.backbone is missing",
        "gate_unknown, $.config.gate is not one of",
    })
    void descriptionsThatTheFileDoesNotBearOut(String name, String mention) throws Exception {
        assertRefused(hostile(name), mention);
    }

    @ParameterizedTest
    @CsvSource({
        "dec_ch_3000, layer4.0.conv1.weight is missing",
        "dec_ch_2e9, has more than 2^31-1 elements",
        "dec_channels_null, $.levels is missing",
    })
    void decodersThatTheFileDoesNotBearOut(String name, String mention) throws Exception {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS)) {
            ModelException e = assertThrows(ModelException.class, () -> DecoderFile.load(hostile(name), backend));
            assertTrue(e.getMessage().contains(mention), e.getMessage());
            assertEquals(0, backend.memory().peak(), "memory was allocated before the file was checked");
        }
    }

    @Test
    void aModelThatIsLargerThanItsFileCostsNoMemory() throws Exception {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS)) {
            ModelException e = assertThrows(
                    ModelException.class, () -> ModelFile.load(hostile("stats_width2048_layers50"), backend));
            assertTrue(e.getMessage().contains("ref_mca is missing"), e.getMessage());
            assertTrue(backend.memory().peak() < 16 << 20, backend.memory().toString());
        }
    }

    /** Class names come from the author of the model. */
    @Test
    void namesFromAFileDoNotReachTheTerminalAsTheyAre() throws Exception {
        CommandRun run = CommandRun.of("info", "--model", hostile("ansi_class"));
        assertFalse(run.out().chars().anyMatch(c -> c != '\n' && c != '\r' && Character.isISOControl(c)), run.out());
        assertTrue(run.out().contains("\\u001b"), run.out());
    }

    private static Path hostile(String name) throws URISyntaxException {
        return Path.of(BadModelFilesTest.class
                .getResource("/cases/model/" + name + ".safetensors")
                .toURI());
    }

    @Test
    void aTruncatedModelIsRefusedWhereverItIsCut() throws IOException {
        byte[] bytes = Files.readAllBytes(TinyModel.model());
        Path cut = folder.resolve("cut.safetensors");
        for (int length : new int[] {5, 500, bytes.length / 2, bytes.length - 1}) {
            Files.write(cut, Arrays.copyOf(bytes, length));
            assertRefused(cut, cut, "not a usable SafeTensors file", "again");
        }
    }

    @Test
    void tensorsThatAreNoModel() {
        Path weights = folder.resolve("weights.safetensors");
        new SafeTensorsWriter().add("x", new long[] {2}, new float[] {1, 2}).write(weights);
        assertRefused(weights, weights, "not a model", "--out");
    }

    @Test
    void modelsOfAnotherVersionAndDamagedDescriptions() throws IOException {
        Path changed = folder.resolve("changed.safetensors");
        changed("\"version\":\"1\"", "\"version\":\"7\"", changed);
        assertRefused(changed, changed, "version 7", "train it again");
        changed("\\\"heads\\\":8", "\\\"heads\\\":0", changed);
        assertRefused(changed, changed, "damaged", "--heads is 0", "again");
        changed("\\\"levels\\\":[2,3],\\\"width\\\"", "\\\"lovels\\\":[2,3],\\\"width\\\"", changed);
        assertRefused(changed, changed, "damaged", "again");
        changed("\\\"imageHeight\\\":64", "\\\"imageHeight\\\":72", changed);
        assertRefused(changed, changed, "damaged", "image height 72 is not a multiple of the stride 16", "again");
        changed("\\\"scores\\\"", "\\\"scares\\\"", changed);
        assertRefused(changed, changed, "damaged", "scores is missing", "again");
    }

    /** Numbers that no training writes, and a missing value, which the parser would read as false. */
    @ParameterizedTest
    @CsvSource({
        "'images~:(\\d+,~loss~:[\\d.]+)\\d,', 'images~:-$1,', images is -",
        "'averagePool', 'averagePoop', $.config.averagePool is missing",
        "'images~:(\\d+,~mean~:[\\d.]+)\\d,', 'images~:-$1,', scores.images is -",
        "'std~:([\\d.]+)\\d,~max', 'std~:-$1,~max', scores.std is -",
        "'(?<=\\d,~)mean', 'mran', $.scores.mean is missing",
        "'confidence~:0.0', 'confidence~:7.0', threshold.confidence is 7.0",
    })
    void numbersOutOfRange(String pattern, String by, String mention) throws IOException {
        String model = Files.readString(TinyModel.model(), StandardCharsets.ISO_8859_1);
        Matcher matcher = Pattern.compile(pattern.replace("~", "\\\\\"")).matcher(model);
        assertTrue(matcher.find(), pattern + " is not in the file");
        String other = matcher.replaceFirst(by.replace("~", "\\\\\""));
        assertEquals(model.length(), other.length());
        Path changed = Files.writeString(folder.resolve("changed.safetensors"), other, StandardCharsets.ISO_8859_1);
        assertRefused(changed, "damaged", mention);
    }

    @Test
    void aModelWhoseBackboneIsMissingIsNotCalledDamaged() throws IOException {
        Path changed = folder.resolve("changed.safetensors");
        changed("\\\"backbone\\\":\\\"scattering\\\"", "\\\"backbone\\\":\\\"absent_one\\\"", changed);
        assertRefused(changed, changed, "has the backbone 'absent_one'", "class path", "BackboneProvider");
        assertFalse(CommandRun.of("info", "--model", changed).err().contains("damaged"));
    }

    /** A consistent description that does not fit the tensors. */
    @Test
    void aModelWhoseTensorsDoNotFitItsDescriptionListsThem() throws IOException {
        Path changed = folder.resolve("changed.safetensors");
        changed("\\\"layers\\\":1", "\\\"layers\\\":2", changed);
        CommandRun.of("detect", "--model", changed, TinyModel.images().get(0))
                .assertFailure(changed, "does not fit", "is missing", "more");
        changed("\\\"width\\\":16", "\\\"width\\\":32", changed);
        CommandRun.of("detect", "--model", changed, TinyModel.images().get(0))
                .assertFailure(changed, "does not fit", "has shape", "instead of");
    }

    /** A score of NaN exceeds no threshold: the image would be called normal. */
    @Test
    void valuesThatAreNotFinite() throws IOException {
        byte[] bytes = Files.readAllBytes(TinyModel.model());
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Matcher place = Pattern.compile("\"level3.projection.bias\":\\{[^}]*\"data_offsets\":\\[(\\d+)")
                .matcher(new String(bytes, StandardCharsets.ISO_8859_1));
        assertTrue(place.find());
        int at = (int) (Long.BYTES + buffer.getLong(0) + Long.parseLong(place.group(1)));
        Path broken = folder.resolve("broken.safetensors");
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            Files.write(broken, buffer.putFloat(at, value).array());
            CommandRun.of("detect", "--model", broken, TinyModel.images().get(0))
                    .assertFailure(broken, "projection.bias", value, "another file");
        }
        try (AnomalyDetector detector = AnomalyDetector.load(TinyModel.model())) {
            AnomalyMap map = AnomalyMap.of(List.of(new AnomalyMap.Level(new float[] {1, Float.NaN, 1, 1}, 2, 2)), 9, 9);
            assertTrue(assertThrows(RlrException.class, () -> detector.detection(map))
                    .getMessage()
                    .contains("image score is NaN"));
        }
    }

    /** Writes the model with a text of its header replaced by another of the same length. */
    private static void changed(String text, String by, Path target) throws IOException {
        assertEquals(text.length(), by.length());
        String model = Files.readString(TinyModel.model(), StandardCharsets.ISO_8859_1);
        assertEquals(2, model.split(java.util.regex.Pattern.quote(text), -1).length, text + " occurs once");
        Files.writeString(target, model.replace(text, by), StandardCharsets.ISO_8859_1);
    }

    @Test
    void weightsOfAnotherArchitectureAreListedWithNamesAndShapes() throws IOException {
        Path weights = folder.resolve("resnet18.safetensors");
        new SafeTensorsWriter()
                .add("conv1.weight", new long[] {64, 3, 7, 7}, new float[64 * 3 * 49])
                .add("bn1.weight", new long[] {5}, new float[5])
                .write(weights);
        Path model = Files.writeString(folder.resolve("m"), "old");
        CommandRun.of(TinyModel.train(
                        TinyModel.data(), model, "--backbone", "tf_efficientnet_lite0", "--weights", weights))
                .assertFailure(
                        weights,
                        "tf_efficientnet_lite0",
                        "conv_stem.weight is missing",
                        "bn1.weight has shape [5] instead of [32]",
                        "conv1.weight does not belong",
                        "more",
                        "give a file of timm's weights");
        assertEquals("old", Files.readString(model));
    }

    @Test
    void weightsThatAreMissingOrTruncated() throws IOException {
        Path model = folder.resolve("m");
        Path weights = folder.resolve("w.safetensors");
        CommandRun.of(TinyModel.train(TinyModel.data(), model, "--backbone", "resnet18", "--weights", weights))
                .assertFailure(weights, "does not exist", "check the path");
        Files.write(weights, Arrays.copyOf(Files.readAllBytes(TinyModel.model()), 100));
        CommandRun.of(TinyModel.train(TinyModel.data(), model, "--backbone", "resnet18", "--weights", weights))
                .assertFailure(weights, "not a usable SafeTensors file", "again");
    }
}
