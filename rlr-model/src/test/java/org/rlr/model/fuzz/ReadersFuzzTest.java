package org.rlr.model.fuzz;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlr.model.data.ImageException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.TensorFileException;

/**
 * Fuzzes readers with inputs found earlier, in {@code ReadersFuzzTestInputs/<method>}, and with a fixed set of changes
 * of valid files; {@code -Pfuzz} continues with {@link LongFuzzTest}. To search with Jazzer alone: {@code JAZZER_FUZZ=1
 * mvn -pl rlr-model test -Dtest='ReadersFuzzTest#jpeg'}.
 */
@Tag("fuzz")
class ReadersFuzzTest {
    private static final int FAST = 200;
    private static final int SLOW = 50;
    private static final long SEED = 23;

    @FuzzTest(maxDuration = "")
    void jpeg(byte[] input) {
        Oracle.check(FuzzedReader.JPEG, input);
    }

    @FuzzTest(maxDuration = "")
    void png(byte[] input) {
        Oracle.check(FuzzedReader.PNG, input);
    }

    @FuzzTest(maxDuration = "")
    void bmp(byte[] input) {
        Oracle.check(FuzzedReader.BMP, input);
    }

    @FuzzTest(maxDuration = "")
    void gif(byte[] input) {
        Oracle.check(FuzzedReader.GIF, input);
    }

    @FuzzTest(maxDuration = "")
    void tiff(byte[] input) {
        Oracle.check(FuzzedReader.TIFF, input);
    }

    @FuzzTest(maxDuration = "")
    void mask(byte[] input) {
        Oracle.check(FuzzedReader.MASK, input);
    }

    @FuzzTest(maxDuration = "")
    void safetensors(byte[] input) {
        Oracle.check(FuzzedReader.SAFETENSORS, input);
    }

    @FuzzTest(maxDuration = "")
    void torch(byte[] input) {
        Oracle.check(FuzzedReader.TORCH, input);
    }

    @FuzzTest(maxDuration = "")
    void weights(byte[] input) {
        Oracle.check(FuzzedReader.WEIGHTS, input);
    }

    @FuzzTest(maxDuration = "")
    void checkpoint(byte[] input) {
        Oracle.check(FuzzedReader.CHECKPOINT, input);
    }

    @FuzzTest(maxDuration = "")
    void model(byte[] input) {
        Oracle.check(FuzzedReader.MODEL, input);
    }

    @FuzzTest(maxDuration = "")
    void modelDescription(byte[] input) {
        Oracle.check(FuzzedReader.MODEL_DESCRIPTION, input);
    }

    @FuzzTest(maxDuration = "")
    void decoderDescription(byte[] input) {
        Oracle.check(FuzzedReader.DECODER_DESCRIPTION, input);
    }

    @FuzzTest(maxDuration = "")
    void state(byte[] input) {
        Oracle.check(FuzzedReader.STATE, input);
    }

    @FuzzTest(maxDuration = "")
    void stateHeader(byte[] input) {
        Oracle.check(FuzzedReader.STATE_HEADER, input);
    }

    @FuzzTest(maxDuration = "")
    void decoderStateHeader(byte[] input) {
        Oracle.check(FuzzedReader.DECODER_STATE_HEADER, input);
    }

    @FuzzTest(maxDuration = "")
    void config(byte[] input) {
        Oracle.check(FuzzedReader.CONFIG, input);
    }

    @FuzzTest(maxDuration = "")
    void visa(byte[] input) {
        Oracle.check(FuzzedReader.VISA, input);
    }

    @FuzzTest(maxDuration = "")
    void realIad(byte[] input) {
        Oracle.check(FuzzedReader.REAL_IAD, input);
    }

    @FuzzTest(maxDuration = "")
    void metrics(byte[] input) {
        Oracle.check(FuzzedReader.METRICS, input);
    }

    @ParameterizedTest
    @EnumSource
    void changedFiles(FuzzedReader reader) {
        List<byte[]> seeds = reader.seeds();
        seeds.forEach(seed -> Oracle.check(reader, seed));
        Mutations changes = new Mutations(seeds, SEED);
        for (int i = 0; i < (reader.fast() ? FAST : SLOW); i++) {
            Oracle.check(reader, changes.next());
        }
    }

    /** Otherwise changes would start from rejected inputs; decoders are too large for that. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"DECODER_DESCRIPTION", "DECODER_STATE_HEADER"})
    void theFirstSeedIsRead(FuzzedReader reader) {
        assertDoesNotThrow(() -> reader.read(reader.seeds().get(0)));
    }

    @Test
    void everyReaderHasATarget() {
        assertEquals(
                new TreeSet<>(Stream.of(FuzzedReader.values())
                        .map(reader -> reader.name().replace("_", "").toLowerCase(java.util.Locale.ROOT))
                        .toList()),
                new TreeSet<>(Arrays.stream(ReadersFuzzTest.class.getDeclaredMethods())
                        .filter(method -> method.isAnnotationPresent(FuzzTest.class))
                        .map(method -> method.getName().toLowerCase(java.util.Locale.ROOT))
                        .toList()));
    }

    @Test
    void theOracleKnowsWhatIsWrong() {
        assertDoesNotThrow(() -> oracle(input -> {}));
        assertDoesNotThrow(() -> oracle(input -> {
            throw error("the image is cut off");
        }));
        assertFound("no typed error", input -> {
            throw new IllegalArgumentException();
        });
        assertFound("no typed error", input -> {
            throw new OutOfMemoryError();
        });
        assertFound("an error of another kind", input -> {
            throw new TensorFileException(TensorFileException.Reason.DAMAGED, "damaged", "", null);
        });
        assertFound("a fault in words", input -> {
            throw error("the image is damaged (NullPointerException)");
        });
        assertFound("MiB of memory", input -> {
            byte[][] rows = new byte[65][];
            Arrays.setAll(rows, i -> new byte[1 << 20]);
        });
    }

    private static ImageException error(String message) {
        return new ImageException(ImageException.Reason.DAMAGED, message, "", null);
    }

    private static void oracle(Consumer<byte[]> reader) {
        List<Class<? extends RlrException>> errors = List.of(ImageException.class);
        Oracle.check("reader", reader, errors, new byte[3]);
    }

    private static void assertFound(String what, Consumer<byte[]> reader) {
        String message =
                assertThrows(AssertionError.class, () -> oracle(reader)).getMessage();
        assertTrue(message.startsWith("reader, 3 bytes: ") && message.contains(what), message);
    }
}
