package org.rlr.tensor.io;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pickles that would run code, or need much more time or memory than their length. */
class HostilePickleTest {
    private static final String START = "\u0080\u0002";

    @TempDir
    Path folder;

    /** Writes a file with these pickle bytes (characters up to 255) and one storage "0" of 16 bytes. */
    private Path file(String pickle) throws IOException {
        Path file = folder.resolve("hostile.pth");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            stored(zip, "r/data.pkl", pickle.getBytes(StandardCharsets.ISO_8859_1));
            stored(zip, "r/data/0", new byte[16]);
        }
        return file;
    }

    private static void stored(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    private void refused(String pickle, String... mentions) throws IOException {
        assertMentions(file(pickle), mentions);
    }

    private static void assertMentions(Path file, String... mentions) {
        String message = assertThrows(
                        TensorFileException.class,
                        () -> TorchCheckpoint.open(file).close())
                .explanation();
        assertTrue(message.startsWith(file.toString()), message);
        for (String mention : mentions) {
            assertTrue(message.contains(mention), "'" + mention + "' is not in: " + message);
        }
    }

    private static String text(String s) {
        return "X" + int32(s.length()) + s;
    }

    private static String int32(int value) {
        return new String(
                ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(value)
                        .array(),
                StandardCharsets.ISO_8859_1);
    }

    private static String number(long value) {
        byte[] bytes = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return "\u008a\u0008" + new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String storage(String type, String key, long elements) {
        return "(" + text("storage") + "ctorch\n" + type + "\n" + text(key) + text("cpu") + number(elements) + "tQ";
    }

    private static String tensor(String storage, long offset, String shape, String strides) {
        return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset) + shape + strides
                + "\u0089ccollections\nOrderedDict\n)RtR";
    }

    private static String tuple(long... values) {
        StringBuilder s = new StringBuilder("(");
        for (long v : values) {
            s.append(number(v));
        }
        return s + "t";
    }

    private static final String FOUR = storage("FloatStorage", "0", 4);

    @Test
    void theHelpersWriteAReadableFile() throws IOException {
        try (TorchCheckpoint checkpoint =
                TorchCheckpoint.open(file(START + tensor(FOUR, 0, tuple(2, 2), tuple(2, 1)) + "."))) {
            assertTrue(checkpoint.root() instanceof TorchTensor t && checkpoint.readFloats(t).length == 4);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "os,system",
        "posix,system",
        "builtins,eval",
        "builtins,getattr",
        "subprocess,Popen",
        "torch,load",
        "torch.hub,load",
        "torch.serialization,load",
        "numpy,load",
        "runpy,run_path",
        "collections,defaultdict",
        "torch._utils,_rebuild_sparse_tensor",
        "torch,Tensor",
        "torch,FloatStorage.__class__",
        "argparse,Namespace",
        "__builtin__,exec"
    })
    void otherGlobalsAreRefusedByName(String module, String name) throws IOException {
        refused(
                START + "c" + module + "\n" + name + "\n(" + text("touch /tmp/hacked") + "tR.",
                module + "." + name,
                "torch.save");
    }

    @Test
    void otherOpcodesAreRefusedByName() throws IOException {
        refused(START + "(ios\nsystem\n.", "INST");
        refused(START + "(o.", "OBJ");
        refused(START + ")\u0081.", "NEWOBJ (0x81)");
        refused(START + text("os") + text("system") + "\u0093.", "STACK_GLOBAL (0x93)");
        refused(START + "Pid\n.", "PERSID");
        refused(START + "\u0082\u0001.", "EXT1");
        refused(START + "I7\n.", "INT");
        refused(START + "\u00ff.", "0xff");
        refused("\u0080\u0004N.", "protocol 4");
    }

    @Test
    void allowedNamesAreNotCallable() throws IOException {
        refused(START + "ctorch\nFloatStorage\n)R.", "calls torch.FloatStorage");
        refused(START + "ccollections\nOrderedDict\n(]tR.", "OrderedDict from arguments");
        refused(START + text("x") + ")R.", "not a function");
        refused(START + "c_codecs\nencode\n(" + text("x") + text("rot13") + "tR.", "_codecs.encode");
        refused(START + "ctorch._utils\n_rebuild_parameter\n(]\u0088}tR.", "_rebuild_parameter");
        refused(START + "ctorch._utils\n_rebuild_tensor_v2\n(]tR.", "_rebuild_tensor_v2");
        refused(START + "]}b.", "sets attributes");
        refused(START + "ctorch\nFloatStorage\n.", "as a value");
        refused(START + FOUR + ".", "as a value");
    }

    @Test
    void missingStackValuesMarksAndMemos() throws IOException {
        refused(START + ".", "a value from an empty stack");
        refused(START + "a.", "empty stack");
        refused(START + "t.", "a mark from an empty stack");
        refused(START + "N(\u0085.", "empty stack");
        refused(START + "N(R.", "empty stack");
        refused(START + "h\u0005.", "memo 5");
        refused(START + "NN.", "left over");
        refused(START + "NNa.", "not a list");
        refused(START + "NNNs.", "not a dict");
        refused(START + "})Ns.", "neither a string nor an integer");
        refused(START + text("abc").substring(0, 6), "cut short");
        refused(START + "N", "cut short");
    }

    @Test
    void stringsAreNotAllocatedBeforeTheyAreRead() throws IOException {
        refused(START + "X\u00ff\u00ff\u00ff\u00ff", "string of 4294967295 bytes");
        refused(START + "X" + int32(1000) + "short.", "cut short");
        refused(START + "X" + int32(2) + "\u00c3\u0028.", "UTF-8");
        refused(START + "c" + "a".repeat(400) + "\nb\n.", "longer than 256");
    }

    /** Lists of ten times the same list, twelve levels deep: 10^12 values in 300 bytes. */
    @Test
    void sharingThatGrowsWithoutBound() throws IOException {
        StringBuilder pickle = new StringBuilder(START + "]q\u0000");
        for (int level = 1; level <= 12; level++) {
            pickle.append("](")
                    .append(("h" + (char) (level - 1)).repeat(10))
                    .append("eq")
                    .append((char) level);
        }
        // the lists below the last stay on the stack: wrap all in a tuple
        refused(START + "(" + pickle.substring(2) + "t.", "more than 1000000 values");
    }

    /** A million characters, written once and requested as bytes a hundred thousand times: 100 GB in 2 MB. */
    @Test
    void bytesThatAreRequestedRepeatedly() throws IOException {
        String encode =
                START + "c_codecs\nencode\nq\u0000" + text("x".repeat(1 << 20)) + text("latin1") + "\u0086q\u0001R";
        refused(encode + "h\u0000h\u0001R".repeat(100_000) + ".", "_codecs.encode for 1048576 bytes");
    }

    @Test
    void depthAndCycles() throws IOException {
        refused(START + "]".repeat(100_000) + "a".repeat(99_999) + ".", "nested", "itself");
        refused(START + "]q\u0000h\u0000a.", "contains itself");
        refused(START + "}q\u0000" + text("me") + "h\u0000s.", "contains itself");
    }

    @Test
    void tooManyOpcodesOrBytes() throws IOException {
        refused(START + "N".repeat(Unpickler.MOST_OPCODES + 1), "more than 1000000 opcodes");
        refused(START + "N" + "q\u0000".repeat(Unpickler.MOST_OPCODES), "more than 1000000 opcodes");
        StringBuilder strings = new StringBuilder(START);
        String long1 = text("x".repeat(1 << 20));
        for (int i = 0; i < 65; i++) {
            strings.append(long1);
        }
        refused(strings.toString(), "longer than the limit of 64 MiB");
    }

    @Test
    void tensorsBeyondTheirStorages() throws IOException {
        refused(START + tensor(FOUR, 0, tuple(5), tuple(1)) + ".", "beyond its storage of 4 elements");
        refused(START + tensor(FOUR, 4, tuple(1), tuple(1)) + ".", "beyond its storage");
        refused(START + tensor(FOUR, -1, tuple(1), tuple(1)) + ".", "beyond its storage");
        refused(START + tensor(FOUR, 0, tuple(2, 2), tuple(3, 1)) + ".", "beyond its storage");
        refused(START + tensor(FOUR, 0, tuple(-1), tuple(1)) + ".", "-1");
        refused(START + tensor(FOUR, 0, tuple(2), tuple(-1)) + ".", "-1");
        refused(START + tensor(FOUR, 0, tuple(2), tuple(1, 1)) + ".", "1 extents and 2 strides");
        refused(START + tensor(FOUR, 0, tuple(1L << 40, 1L << 40), tuple(0, 0)) + ".", "is too large");
        refused(START + tensor(FOUR, 0, tuple(3), tuple(Long.MAX_VALUE)) + ".", "is too large");
        refused(START + tensor(FOUR, 0, tuple(1L << 20, 1L << 20), tuple(0, 0)) + ".", "repeats a storage of 4");
        refused(START + tensor(FOUR, 0, tuple(1L << 30), tuple(0)) + ".", "repeats");
    }

    @Test
    void inconsistentStorages() throws IOException {
        refused(
                START + tensor(storage("FloatStorage", "0", 5), 0, tuple(5), tuple(1)) + ".",
                "should have 20 bytes",
                "has 16");
        refused(START + tensor(storage("FloatStorage", "0", 1L << 40), 0, tuple(1L << 40), tuple(1)) + ".", "has 16");
        refused(START + tensor(storage("DoubleStorage", "0", Long.MAX_VALUE), 0, tuple(1), tuple(1)) + ".", "elements");
        refused(START + tensor(storage("FloatStorage", "0", -4), 0, tuple(1), tuple(1)) + ".", "-4 elements");
        refused(START + tensor(storage("FloatStorage", "7", 4), 0, tuple(4), tuple(1)) + ".", "storage 7 are missing");
        refused(
                START + tensor(storage("FloatStorage", "../data.pkl", 4), 0, tuple(4), tuple(1)) + ".",
                "storage ../data.pkl");
        refused(
                START + "(" + tensor(FOUR, 0, tuple(4), tuple(1))
                        + tensor(storage("IntStorage", "0", 4), 0, tuple(4), tuple(1)) + "t.",
                "declared as");
        refused(START + "(" + text("storage") + "tQ.", "persistent id");
    }

    /** Thousands of tensors of 65536 elements in a storage of four: more memory than the file warrants. */
    @Test
    void sharedStoragesThatAddUp() throws IOException {
        StringBuilder pickle = new StringBuilder(START + "(" + tensor(FOUR, 0, tuple(1 << 16), tuple(0)) + "q\u0000");
        refused(pickle.append("h\u0000".repeat(100)).append("t.").toString(), "share storages", "16 times");
    }

    @Test
    void compressedEntriesOfAnyRatioAreRefused() throws IOException {
        Path file = folder.resolve("compressed.pth");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("r/data.pkl"));
            zip.write((START + "N.").getBytes(StandardCharsets.ISO_8859_1));
            zip.putNextEntry(new ZipEntry("r/data/0"));
            zip.write(new byte[50_000_000]);
        }
        assertMentions(file, "r/data.pkl", "is compressed");
    }

    /** Two directory entries point to the same data, as in a zip bomb without compression. */
    @Test
    void overlappingEntriesAreRefused() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            stored(zip, "r/data.pkl", (START + "N.").getBytes(StandardCharsets.ISO_8859_1));
            stored(zip, "r/data/0", new byte[5000]);
            stored(zip, "r/data/1", new byte[1]);
        }
        ByteBuffer archive = ByteBuffer.wrap(bytes.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        int directory = archive.getInt(archive.limit() - 22 + 16);
        int second = directory + 46 + "r/data.pkl".length();
        int third = second + 46 + "r/data/0".length();
        for (int field : new int[] {16, 20, 24, 42}) { // checksum, sizes, position
            archive.putInt(third + field, archive.getInt(second + field));
        }
        Path file = Files.write(folder.resolve("overlapping.pth"), archive.array());
        assertMentions(file, "overlap");
    }

    @Test
    void archivesOfOtherThings() throws IOException {
        Path file = folder.resolve("other.zip");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            stored(zip, "readme.txt", new byte[] {1});
        }
        assertMentions(file, "0 entries data.pkl");
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            stored(zip, "a/data.pkl", (START + "N.").getBytes(StandardCharsets.ISO_8859_1));
            stored(zip, "b/data.pkl", (START + "N.").getBytes(StandardCharsets.ISO_8859_1));
        }
        assertMentions(file, "2 entries data.pkl");
    }

    @Test
    void legacyFilesWithOtherCountsKeysAndVersions() throws IOException {
        String magic = START + "\u008a\n\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019.";
        String version = START + "M\u00e9\u0003.";
        String system = START + "}" + text("little_endian") + "\u0088s.";
        String four = "(" + text("storage") + "ctorch\nFloatStorage\n" + text("7") + text("cpu") + number(4) + "NtQ";
        String object = START + tensor(four, 0, tuple(4), tuple(1)) + ".";
        String keys = START + "](" + text("7") + "e.";
        String count = new String(
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(4).array(), StandardCharsets.ISO_8859_1);
        String good = magic + version + system + object + keys + count + "\0".repeat(16);
        Path file = folder.resolve("legacy.pth");
        write(file, good);
        TorchCheckpoint.open(file).close();
        legacy(good.replace(version, START + "M\u00e8\u0003."), "version");
        legacy(good.replace("\u0088s.", "\u0089s."), "little-endian");
        legacy(good.replace(keys, START + "](" + text("8") + "e."), "no tensor uses");
        legacy(good.replace(keys, START + "]."), "storage 7 are missing");
        legacy(
                good.replace(keys, START + "](" + text("7") + text("7") + "e.") + count + "\0".repeat(16),
                "storage 7 twice");
        legacy(good.replace(keys + count, keys + "\u00ff".repeat(7) + "\u007f"), "should have 4 elements");
        legacy(good.substring(0, good.length() - 1), "cut short");
        legacy(good.replace("NtQ", ")tQ"), "before PyTorch 0.4");
    }

    private void legacy(String content, String mention) throws IOException {
        Path file = folder.resolve("legacy.pth");
        write(file, content);
        assertMentions(file, mention);
    }

    private static void write(Path file, String content) throws IOException {
        Files.write(file, content.getBytes(StandardCharsets.ISO_8859_1));
    }
}
