package org.rlr.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeTensorsTest {
    @TempDir
    Path dir;

    private static SafeTensorsWriter everyType() {
        return new SafeTensorsWriter()
                .metadata("kind", "tëst \"quoted\" </html>")
                .metadata("a", "first")
                .add("bool", new long[] {3}, new boolean[] {true, false, true})
                .add("u8", new long[] {2, 2}, new byte[] {0, 1, -1, -128})
                .add("f16", DType.F16, new long[] {5}, new float[] {1, -0.5f, 65504, 1e-7f, Float.NEGATIVE_INFINITY})
                .add("bf16", DType.BF16, new long[] {2}, new float[] {1.0078125f, -3e38f})
                .add("i32", new long[] {2}, new int[] {Integer.MIN_VALUE, 7})
                .add("f32", new long[] {1, 3}, new float[] {1.1f, Float.NaN, -0f})
                .add("f64", new long[] {2}, new double[] {Math.PI, 1e300})
                .add("i64", new long[] {2}, new long[] {Long.MAX_VALUE, -1})
                .add("scalar", new long[0], new float[] {42})
                .add("empty", new long[] {0, 5}, new float[0]);
    }

    @Test
    void everyTypeIsReadAsWritten() {
        Path path = dir.resolve("all.safetensors");
        everyType().write(path);
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            assertEquals(Map.of("kind", "tëst \"quoted\" </html>", "a", "first"), file.metadata());
            assertEquals(
                    List.of("f64", "i64", "i32", "f32", "scalar", "empty", "f16", "bf16", "bool", "u8"),
                    file.names().stream()
                            .sorted((a, b) -> Long.compare(
                                    file.entry(a).offset(), file.entry(b).offset()))
                            .toList());
            assertEquals(file.names().size(), 10);
            assertArrayEquals(new long[] {1, 0, 1}, file.readLongs("bool"));
            assertArrayEquals(new long[] {0, 1, 255, 128}, file.readLongs("u8"));
            assertArrayEquals(new float[] {1, -0.5f, 65504, 0x1p-23f, Float.NEGATIVE_INFINITY}, file.readFloats("f16"));
            assertArrayEquals(new float[] {1.0078125f, Float.intBitsToFloat(0xFF62_0000)}, file.readFloats("bf16"));
            assertArrayEquals(new long[] {Integer.MIN_VALUE, 7}, file.readLongs("i32"));
            assertArrayEquals(new float[] {1.1f, Float.NaN, -0f}, file.readFloats("f32"));
            assertArrayEquals(new double[] {Math.PI, 1e300}, file.readDoubles("f64"));
            assertArrayEquals(new float[] {(float) Math.PI, Float.POSITIVE_INFINITY}, file.readFloats("f64"));
            assertArrayEquals(new long[] {Long.MAX_VALUE, -1}, file.readLongs("i64"));
            assertArrayEquals(new float[] {0x1p63f, -1}, file.readFloats("i64"));
            assertArrayEquals(new float[] {0, 1, 255, 128}, file.readFloats("u8"));
            assertArrayEquals(new double[] {1, 0, 1}, file.readDoubles("bool"));
            assertArrayEquals(new double[] {Integer.MIN_VALUE, 7}, file.readDoubles("i32"));
            assertArrayEquals(new double[] {1.0078125, Float.intBitsToFloat(0xFF62_0000)}, file.readDoubles("bf16"));
            assertArrayEquals(new float[] {42}, file.readFloats("scalar"));
            assertArrayEquals(new long[0], file.entry("scalar").shape());
            assertEquals(0, file.readFloats("empty").length);
            assertArrayEquals(new long[] {0, 5}, file.entry("empty").shape());
            assertEquals(
                    new TensorEntry(
                            "u8",
                            DType.U8,
                            new long[] {2, 2},
                            4,
                            file.entry("u8").offset()),
                    file.entry("u8"));
        }
    }

    @Test
    void theSameCallsGiveTheSameBytesAndTheDataAreAligned() throws IOException {
        Path one = dir.resolve("one");
        Path two = dir.resolve("two");
        everyType().write(one);
        everyType().write(two);
        byte[] bytes = Files.readAllBytes(one);
        assertArrayEquals(bytes, Files.readAllBytes(two));
        long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        assertEquals(0, header % 8);
        try (SafeTensorsFile file = SafeTensorsFile.open(one)) {
            for (String name : file.names()) {
                assertEquals(
                        0, file.entry(name).offset() % file.entry(name).dtype().bytes(), name);
            }
        }
    }

    @Test
    void tensorsLongerThanTheWritersBufferAreReadBack() {
        Random random = new Random(5);
        float[] floats = new float[100_001];
        double[] doubles = new double[50_003];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = random.nextFloat();
        }
        for (int i = 0; i < doubles.length; i++) {
            doubles[i] = random.nextDouble();
        }
        Path path = dir.resolve("long");
        new SafeTensorsWriter()
                .add("f", new long[] {floats.length}, floats)
                .add("d", new long[] {doubles.length}, doubles)
                .write(path);
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            assertArrayEquals(floats, file.readFloats("f"));
            assertArrayEquals(doubles, file.readDoubles("d"));
            Path copy = dir.resolve("copy");
            SafeTensorsWriter writer = new SafeTensorsWriter();
            for (String name : List.of("f", "d")) {
                TensorEntry entry = file.entry(name);
                writer.addBytes(name, entry.dtype(), entry.shape(), file.bytes(name));
            }
            writer.write(copy);
            assertEquals(-1, Files.mismatch(path, copy));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A sparse file: it needs no disk space if the file system supports holes. */
    @Test
    void filesAboveTwoGibibytesAreRead() throws IOException {
        Path path = dir.resolve("huge");
        long many = 2_200_000_000L;
        String json = "{\"many\":{\"dtype\":\"U8\",\"shape\":[" + many + "],\"data_offsets\":[0," + many + "]},"
                + "\"last\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[" + many + "," + (many + 8) + "]}}";
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.SPARSE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length));
            channel.write(ByteBuffer.wrap(header));
            channel.write(
                    ByteBuffer.allocate(8)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putFloat(0, 1.5f)
                            .putFloat(4, -2f),
                    8 + header.length + many);
        }
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            assertArrayEquals(new float[] {1.5f, -2}, file.readFloats("last"));
            assertEquals(many, file.entry("many").elements());
            String message = assertThrows(TensorFileException.class, () -> file.readFloats("many"))
                    .getMessage();
            assertTrue(message.contains("'many'") && message.contains("too large"), message);
            assertThrows(TensorFileException.class, () -> file.bytes("many"));
        }
    }

    @Test
    void missingTensorIsNamedWithTheFileAndNamesCloseToIt() {
        Path path = dir.resolve("named");
        new SafeTensorsWriter()
                .add("encoder.norm.weight", new long[] {1}, new float[1])
                .add("encoder.norm.bias", new long[] {1}, new float[1])
                .add("projection", new long[] {1}, new float[1])
                .write(path);
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            String message = assertThrows(TensorFileException.class, () -> file.readFloats("encoder.norm.weigth"))
                    .getMessage();
            assertTrue(message.contains(path.toString()) && message.contains("'encoder.norm.weigth'"), message);
            assertTrue(message.contains("did you mean 'encoder.norm.weight'"), message);
            assertFalse(message.contains("projection"), message);
            assertTrue(assertThrows(TensorFileException.class, () -> file.entry("zzz"))
                    .getMessage()
                    .contains("3 tensors"));
            assertFalse(file.contains("zzz"));
        }
    }

    @Test
    void floatsAreNotReadAsIntegers() {
        Path path = dir.resolve("f");
        new SafeTensorsWriter().add("x", new long[] {1}, new float[1]).write(path);
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            assertTrue(assertThrows(TensorFileException.class, () -> file.readLongs("x"))
                    .getMessage()
                    .contains("F32"));
        }
    }

    @Test
    void closedFileCannotBeReadButItsBuffersStayValid() {
        Path path = dir.resolve("f");
        new SafeTensorsWriter().add("x", new long[] {1}, new float[] {3}).write(path);
        SafeTensorsFile file = SafeTensorsFile.open(path);
        ByteBuffer bytes = file.bytes("x");
        file.close();
        file.close();
        assertThrows(IllegalStateException.class, () -> file.readFloats("x"));
        assertEquals(3, bytes.getFloat(0));
    }

    @Test
    void fileReplacedWhileItIsOpenKeepsItsOldContent() {
        Path path = dir.resolve("f");
        new SafeTensorsWriter().add("x", new long[] {1}, new float[] {3}).write(path);
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            new SafeTensorsWriter().add("y", new long[] {2}, new float[] {4, 5}).write(path);
            assertArrayEquals(new float[] {3}, file.readFloats("x"));
        }
    }

    @Test
    void programmingErrorsOfTheWriterAreRefused() {
        SafeTensorsWriter writer = new SafeTensorsWriter().add("x", new long[] {2}, new float[2]);
        assertThrows(IllegalArgumentException.class, () -> writer.add("x", new long[] {2}, new float[2]));
        assertThrows(IllegalArgumentException.class, () -> writer.add("y", new long[] {3}, new float[2]));
        assertThrows(IllegalArgumentException.class, () -> writer.add("y", new long[] {-1, -2}, new float[2]));
        assertThrows(IllegalArgumentException.class, () -> writer.add("__metadata__", new long[] {2}, new float[2]));
        assertThrows(IllegalArgumentException.class, () -> writer.add("y", DType.I32, new long[] {2}, new float[2]));
        assertThrows(IllegalArgumentException.class, () -> writer.add("half \ud800", new long[] {2}, new float[2]));
    }

    @Test
    void fileCutShortWhileItIsOpenGivesAnErrorThatNamesIt() throws IOException {
        Path path = dir.resolve("cut");
        int n = 100_000;
        new SafeTensorsWriter().add("x", new long[] {n}, new float[n]).write(path);
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            try (RandomAccessFile other = new RandomAccessFile(path.toFile(), "rw")) {
                other.setLength(100);
            }
            assertTrue(assertThrows(TensorFileException.class, () -> file.readDoubles("x"))
                    .getMessage()
                    .contains(path.toString()));
        }
    }
}
