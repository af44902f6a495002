package org.rlr.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Invalid files are refused with one line that names the file and the problem. */
class HostileHeaderTest {
    @TempDir
    Path dir;

    private static byte[] file(long headerLength, byte[] header, int dataBytes) {
        return ByteBuffer.allocate(8 + header.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(headerLength)
                .put(header)
                .array();
    }

    private static byte[] file(String json, int dataBytes) {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        return file(header.length, header, dataBytes);
    }

    private TensorFileException.Reason assertRefused(byte[] bytes, String because) throws IOException {
        Path path = Files.write(dir.resolve("hostile.safetensors"), bytes);
        TensorFileException e = assertThrows(TensorFileException.class, () -> SafeTensorsFile.open(path));
        String message = e.explanation();
        assertTrue(message.startsWith(path.toString()), message);
        assertTrue(message.contains(because), message);
        assertEquals(1, message.lines().count(), message);
        assertTrue(message.length() < 600, message);
        return e.reason();
    }

    /** Single quotes stand for double ones; 8 bytes of data follow the header. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            [1]                                                                    | does not begin with '{'
            {                                                                      | not valid JSON
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}                  | not valid JSON
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} x               | not valid JSON
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}{}               | not valid JSON
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},}                | not valid JSON
            {a:{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}                   | not valid JSON
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 'a' occurs twice
            {'a':{'dtype':'F32','dtype':'F32','shape':[2],'data_offsets':[0,8]}}   | dtype twice
            {'a':{'dtype':'F32','shape':[2],'shape':[2],'data_offsets':[0,8]}}     | shape twice
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'data_offsets':[0,8]}} | data_offsets twice
            {'a':{'dtype':'F31','shape':[2],'data_offsets':[0,8]}}                 | 'F31'
            {'a':{'dtype':32,'shape':[2],'data_offsets':[0,8]}}                    | dtype is not a string
            {'a':{'dtype':null,'shape':[2],'data_offsets':[0,8]}}                  | dtype is not a string
            {'a':{'shape':[2],'data_offsets':[0,8]}}                               | lacks its dtype
            {'a':{'dtype':'F32','data_offsets':[0,8]}}                             | lacks its shape
            {'a':{'dtype':'F32','shape':[2]}}                                      | lacks its data_offsets
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'more':1}}        | unknown field 'more'
            {'a':[]}                                                               | 'a' is not an object
            {'a':null}                                                             | 'a' is not an object
            {'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}}                | '-2'
            {'a':{'dtype':'F32','shape':[-1,-2],'data_offsets':[0,8]}}             | '-1'
            {'a':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}}               | '2.0'
            {'a':{'dtype':'F32','shape':[2e0],'data_offsets':[0,8]}}               | '2e0'
            {'a':{'dtype':'F32','shape':['2'],'data_offsets':[0,8]}}               | shape is not a list of whole numbers
            {'a':{'dtype':'F32','shape':[[2]],'data_offsets':[0,8]}}               | shape is not a list of whole numbers
            {'a':{'dtype':'F32','shape':2,'data_offsets':[0,8]}}                   | shape is not a list of whole numbers
            {'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,8]}} | too large
            {'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}} | too large
            {'a':{'dtype':'F64','shape':[2305843009213693952],'data_offsets':[0,0]}} | too large
            {'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}}                 | takes 12 bytes
            {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,8]}}                 | takes 4 bytes
            {'a':{'dtype':'F32','shape':[3],'data_offsets':[0,12]}}                | end at byte 12
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}}                 | begin at 8
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0]}}                   | two numbers
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8,8]}}               | two numbers
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}}                | '-8'
            {'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}                 | gap
            {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}                 | describes 4
            {}                                                                     | describes 0
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | inside those of another
            {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | inside those of another
            {'__metadata__':{'k':1},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}       | metadata 'k' is not a string
            {'__metadata__':{'k':{}},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}      | metadata 'k' is not a string
            {'__metadata__':[],'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}            | __metadata__ is not an object
            {'__metadata__':{'k':'','k':''},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | metadata 'k' occurs twice
            """)
    void headerIsRefused(String json, String because) throws IOException {
        assertRefused(file(json.strip().replace('\'', '"'), 8), because.strip());
    }

    @Test
    void shortAndOverlongFilesAreRefused() throws IOException {
        byte[] json = "{}".getBytes(StandardCharsets.UTF_8);
        assertRefused(new byte[0], "it is empty");
        assertRefused(new byte[7], "only 7 bytes");
        assertRefused(file(0, new byte[0], 0), "does not begin with '{'");
        assertRefused(file(3, json, 0), "3 bytes long");
        assertRefused(file(Long.MAX_VALUE, json, 0), Long.toString(Long.MAX_VALUE));
        assertRefused(file(-1, json, 0), "18446744073709551615");
        assertRefused(file("{}", 1), "describes 0");
        assertRefused(file(4, new byte[] {'{', '"', (byte) 0xFF, '}'}, 0), "UTF-8");
        assertRefused(
                file(5, new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF, '{', '}'}, 0), "does not begin with '{'");
    }

    @Test
    void theReasonTellsOtherFormatsFromDamage() throws IOException {
        assertEquals(TensorFileException.Reason.OTHER_FORMAT, assertRefused(new byte[7], "only 7 bytes"));
        assertEquals(
                TensorFileException.Reason.OTHER_FORMAT,
                assertRefused("a text of some length".getBytes(StandardCharsets.UTF_8), "another format"));
        assertEquals(TensorFileException.Reason.OTHER_FORMAT, assertRefused(file("[1]", 0), "begin with '{'"));
        assertEquals(
                TensorFileException.Reason.DAMAGED,
                assertRefused(file(100, "{".getBytes(StandardCharsets.UTF_8), 0), "cut short"));
        assertEquals(TensorFileException.Reason.DAMAGED, assertRefused(file("{}", 1), "describes 0"));
        String unknown = "{\"a\":{\"dtype\":\"F31\",\"shape\":[0],\"data_offsets\":[0,0]}}";
        assertEquals(TensorFileException.Reason.UNSUPPORTED, assertRefused(file(unknown, 0), "'F31'"));
    }

    @Test
    void headerAboveTheFormatsLimitIsRefusedUnread() throws IOException {
        Path path = dir.resolve("large");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(200_000_000);
            file.writeLong(Long.reverseBytes(100_000_001));
        }
        String message = assertThrows(TensorFileException.class, () -> SafeTensorsFile.open(path))
                .getMessage();
        assertTrue(message.contains("100000001"), message);
    }

    @Test
    void deepNestingLongNamesAndControlCharactersAreRefusedInOneLine() throws IOException {
        assertRefused(file("{\"a\":" + "[".repeat(1_000_000), 0), "'a' is not an object");
        assertRefused(file("{\"__metadata__\":" + "{\"a\":".repeat(100_000), 0), "not a string");
        assertRefused(file("{\"" + "n".repeat(100_000) + "\":1}", 0), "nnn…' is not an object");
        assertRefused(file("{\"\\n\\u0000\\u001b\":1}", 0), "'???' is not an object");
        assertRefused(
                file("{\"a\":{\"dtype\":\"F32\",\"shape\":[" + "2,".repeat(100_000) + "2],\"data_offsets\":[0,0]}}", 0),
                "too large");
        // the parser treats such a long number as an unquoted string
        assertRefused(
                file("{\"a\":{\"dtype\":\"F32\",\"shape\":[" + "9".repeat(100_000) + "],\"data_offsets\":[0,0]}}", 0),
                "not valid JSON at line 1 column 30 path $.a.shape[0]");
    }

    @Test
    void missingFileAndFolderAreNamed() {
        Path missing = dir.resolve("missing");
        assertTrue(assertThrows(TensorFileException.class, () -> SafeTensorsFile.open(missing))
                .getMessage()
                .contains(missing.toString()));
        assertTrue(assertThrows(TensorFileException.class, () -> SafeTensorsFile.open(dir))
                .getMessage()
                .contains("is a folder"));
    }

    /** For any changed bytes, the file is refused or all its tensors can be read. */
    @Test
    void mutatedFilesAreRefusedOrReadable() throws IOException {
        Path valid = dir.resolve("valid");
        new SafeTensorsWriter()
                .metadata("key", "välue")
                .add("one.weight", new long[] {2, 3}, new float[6])
                .add("two.bias", DType.F16, new long[] {4}, new float[4])
                .add("three", new long[] {2}, new long[2])
                .add("four", new long[0], new boolean[1])
                .write(valid);
        byte[] original = Files.readAllBytes(valid);
        long seed = 20240917;
        Random random = new Random(seed);
        int refused = 0;
        int rounds = 6000;
        for (int round = 0; round < rounds; round++) {
            byte[] bytes = original;
            for (int n = 1 + random.nextInt(3); n > 0 && bytes.length >= Long.BYTES; n--) {
                bytes = mutate(bytes, random);
            }
            Path path = Files.write(dir.resolve("mutant"), bytes);
            try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
                for (String name : file.names()) {
                    assertEquals(file.entry(name).elements(), file.readFloats(name).length);
                    assertEquals(file.entry(name).elements(), file.readDoubles(name).length);
                    assertEquals(file.entry(name).bytes(), file.bytes(name).remaining());
                }
            } catch (TensorFileException e) {
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", round " + round + ": " + Arrays.toString(bytes), e);
            }
        }
        assertTrue(refused > rounds / 2 && refused < rounds, refused + " of " + rounds + " refused");
    }

    private static byte[] mutate(byte[] bytes, Random random) {
        int at = random.nextInt(bytes.length);
        byte[] json = "{}[]\",:0123456789-eF.\\ntu ".getBytes(StandardCharsets.UTF_8);
        byte[] copy = bytes.clone();
        switch (random.nextInt(6)) {
            case 0 -> copy[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> copy[at] = json[random.nextInt(json.length)];
            case 2 -> copy[at] = (byte) random.nextInt();
            case 3 -> copy = Arrays.copyOf(bytes, at + 1);
            case 4 -> copy[random.nextInt(Long.BYTES)] = (byte) random.nextInt();
            default -> {
                int from = random.nextInt(bytes.length);
                int length = Math.min(random.nextInt(20), copy.length - Math.max(from, at));
                System.arraycopy(bytes, from, copy, at, length);
            }
        }
        return copy;
    }
}
