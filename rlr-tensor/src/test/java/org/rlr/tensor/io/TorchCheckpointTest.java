package org.rlr.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.tensor.golden.GoldenFiles;

/**
 * PyTorch files in both serialisations give the same values as in PyTorch; our files are read back, also by PyTorch if
 * available.
 */
class TorchCheckpointTest {
    @TempDir
    Path folder;

    private static void assertHolds(TorchCheckpoint actual, Object tensor, SafeTensorsFile expected, String name) {
        TorchTensor t = (TorchTensor) tensor;
        assertArrayEquals(expected.entry(name).shape(), t.shape(), name);
        assertEquals(
                expected.entry(name).dtype().name(),
                switch (t.dtype()) {
                    case FLOAT32 -> "F32";
                    case FLOAT64 -> "F64";
                    case FLOAT16 -> "F16";
                    case BFLOAT16 -> "BF16";
                    case INT64 -> "I64";
                    case BOOL -> "BOOL";
                    default -> "none in the golden files";
                },
                name);
        assertArrayEquals(expected.readFloats(name), actual.readFloats(t), name);
        assertArrayEquals(expected.readDoubles(name), actual.readDoubles(t), name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"checkpoint-zip.pth", "checkpoint-legacy.pth"})
    void aTrainingCheckpoint(String file) {
        try (TorchCheckpoint checkpoint = TorchCheckpoint.open(GoldenFiles.path(file));
                SafeTensorsFile expected = GoldenFiles.open("checkpoint")) {
            Map<?, ?> root = (Map<?, ?>) checkpoint.root();
            assertEquals(
                    List.of("state_dict", "epoch", "best_img_auc", "best_pix_auc", "best_img_aucs", "best_pix_aucs"),
                    List.copyOf(root.keySet()));
            assertTrue(root.get("epoch") instanceof Long epoch && epoch >= 0, root.get("epoch") + "");
            // one is a Python number, the other a NumPy number
            List<Object> scores = new ArrayList<>(List.of(root.get("best_img_auc"), root.get("best_pix_auc")));
            scores.addAll((List<?>) root.get("best_img_aucs"));
            scores.addAll((List<?>) root.get("best_pix_aucs"));
            assertTrue(
                    scores.stream().allMatch(s -> s instanceof Double score && score >= 0.5 && score <= 1),
                    scores.toString());
            List<?> levels = (List<?>) root.get("state_dict");
            assertEquals(2, levels.size());
            for (int i = 0; i < levels.size(); i++) {
                String prefix = "level" + i + ".";
                Set<String> names = expected.names().stream()
                        .filter(n -> n.startsWith(prefix))
                        .map(n -> n.substring(prefix.length()))
                        .collect(Collectors.toSet());
                Map<?, ?> level = (Map<?, ?>) levels.get(i);
                assertEquals(names, level.keySet());
                level.forEach((name, tensor) -> assertHolds(checkpoint, tensor, expected, prefix + name));
            }
        }
    }

    @Test
    void bothSerialisationsGiveTheSameTensors() {
        try (TorchCheckpoint zip = TorchCheckpoint.open(GoldenFiles.path("checkpoint-zip.pth"));
                TorchCheckpoint legacy = TorchCheckpoint.open(GoldenFiles.path("checkpoint-legacy.pth"))) {
            Map<?, ?> a = new LinkedHashMap<>((Map<?, ?>) zip.root());
            Map<?, ?> b = new LinkedHashMap<>((Map<?, ?>) legacy.root());
            // compared tensor by tensor above, because storage names differ
            a.remove("state_dict");
            b.remove("state_dict");
            assertEquals(a, b);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tensors-zip.pth", "tensors-legacy.pth"})
    void awkwardTensors(String file) {
        try (TorchCheckpoint checkpoint = TorchCheckpoint.open(GoldenFiles.path(file));
                SafeTensorsFile expected = GoldenFiles.open("checkpoint")) {
            Map<?, ?> root = (Map<?, ?>) checkpoint.root();
            Set<String> names = expected.names().stream()
                    .filter(n -> n.startsWith("odd."))
                    .map(n -> n.substring(4))
                    .collect(Collectors.toSet());
            assertEquals(names, root.keySet());
            root.forEach((name, tensor) -> assertHolds(checkpoint, tensor, expected, "odd." + name));
            assertArrayEquals(expected.readLongs("odd.i64"), checkpoint.readLongs((TorchTensor) root.get("i64")));
            assertThrows(TensorFileException.class, () -> checkpoint.readLongs((TorchTensor) root.get("half")));
            assertFalse(((TorchTensor) root.get("transposed")).isContiguous());
        }
    }

    private static Map<String, Object> object() {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put(
                "state",
                List.of(
                        Map.of("weight", new TorchWriter.Floats(new long[] {2, 3}, new float[] {1, 2, 3, 4, 5, -0.5f})),
                        Map.of(
                                "ünïcode",
                                new TorchWriter.Floats(new long[0], new float[] {7}),
                                "empty",
                                new TorchWriter.Floats(new long[] {0, 4}, new float[0]))));
        root.put("epoch", 12);
        root.put("large", 1L << 40);
        root.put("negative", -3L);
        root.put("auc", 0.125);
        root.put("flag", true);
        root.put("none", null);
        root.put("name", "x");
        root.put("empty list", List.of());
        return root;
    }

    @Test
    void writtenFilesAreReadBack() throws IOException {
        Path file = folder.resolve("a.pth");
        TorchWriter.write(file, object());
        try (TorchCheckpoint checkpoint = TorchCheckpoint.open(file)) {
            Map<?, ?> root = (Map<?, ?>) checkpoint.root();
            assertEquals(object().keySet(), root.keySet());
            assertEquals(12L, root.get("epoch"));
            assertEquals(1L << 40, root.get("large"));
            assertEquals(-3L, root.get("negative"));
            assertEquals(0.125, root.get("auc"));
            assertEquals(true, root.get("flag"));
            assertNull(root.get("none"));
            assertEquals(List.of(), root.get("empty list"));
            TorchTensor weight = (TorchTensor) ((Map<?, ?>) ((List<?>) root.get("state")).get(0)).get("weight");
            assertArrayEquals(new long[] {2, 3}, weight.shape());
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, -0.5f}, checkpoint.readFloats(weight));
        }
        Path again = folder.resolve("b.pth");
        TorchWriter.write(again, object());
        assertEquals(-1, Files.mismatch(file, again));
    }

    @Test
    void pytorchReadsOurFiles() {
        Python.assumeModules("torch");
        Path file = folder.resolve("a.pth");
        TorchWriter.write(file, object());
        String program = """
                import sys, torch
                for options in ({"weights_only": True}, {"weights_only": False}, {"weights_only": True, "mmap": True}):
                    r = torch.load(sys.argv[1], **options)
                    w = r["state"][0]["weight"]
                    assert w.tolist() == [[1, 2, 3], [4, 5, -0.5]] and w.dtype == torch.float32 and w.is_contiguous(), w
                    assert r["state"][1]["ünïcode"].item() == 7 and tuple(r["state"][1]["empty"].shape) == (0, 4)
                    assert (r["epoch"], r["large"], r["negative"], r["auc"], r["flag"], r["none"], r["name"]) == (12, 1 << 40, -3, 0.125, True, None, "x"), r
                print(type(r["state"][0]).__name__)
                """;
        assertEquals("OrderedDict", Python.run(program, file).strip());
    }

    /** Types, views and sizes that the golden files lack, written by the local PyTorch in both serialisations. */
    @ParameterizedTest
    @ValueSource(strings = {"True", "False"})
    void pytorchFilesAreRead(String zip) {
        Python.assumeModules("torch");
        Path file = folder.resolve("p.pth");
        String program = """
                import sys, torch
                x = torch.arange(120, dtype=torch.float64)
                views = [x.view(2, 3, 4, 5).permute(3, 1, 0, 2), x[7::5], x.expand(2, 120), x.view(10, 12)[3:8, 2:9].t(), x[60:60]]
                ints = [x.to(t)[3:9] for t in (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16, torch.float32)]
                torch.save({"views": views, "ints": ints, "linear": torch.nn.Linear(2, 2).state_dict(), 3: (1, "two", None)}, sys.argv[1],
                           _use_new_zipfile_serialization=sys.argv[2] == "True")
                for v in views + ints:
                    print(list(v.shape), v.flatten().tolist())
                """;
        List<String> expected = Python.run(program, file, zip).lines().toList();
        try (TorchCheckpoint checkpoint = TorchCheckpoint.open(file)) {
            Map<?, ?> root = (Map<?, ?>) checkpoint.root();
            List<Object> tensors = new ArrayList<>((List<?>) root.get("views"));
            tensors.addAll((List<?>) root.get("ints"));
            assertEquals(expected.size(), tensors.size());
            for (int i = 0; i < tensors.size(); i++) {
                TorchTensor t = (TorchTensor) tensors.get(i);
                String values = t.dtype().isFloating()
                        ? Arrays.toString(checkpoint.readDoubles(t))
                        : Arrays.toString(checkpoint.readLongs(t));
                assertEquals(expected.get(i), Arrays.toString(t.shape()) + " " + values);
            }
            assertEquals(Arrays.asList(1L, "two", null), root.get(3L));
            assertEquals(Set.of("weight", "bias"), ((Map<?, ?>) root.get("linear")).keySet());
        }
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        Path missing = folder.resolve("missing.pth");
        assertTrue(assertThrows(TensorFileException.class, () -> TorchCheckpoint.open(missing))
                .getMessage()
                .contains("does not exist"));
        assertTrue(assertThrows(TensorFileException.class, () -> TorchCheckpoint.open(folder))
                .getMessage()
                .contains("is a folder"));
        Path text = Files.writeString(folder.resolve("text.pth"), "hello");
        TensorFileException e = assertThrows(TensorFileException.class, () -> TorchCheckpoint.open(text));
        assertTrue(e.getMessage().contains("neither"), e.getMessage());
        assertEquals(TensorFileException.Reason.OTHER_FORMAT, e.reason());
        assertFalse(TorchCheckpoint.isTorch(text));
        assertTrue(TorchCheckpoint.isTorch(GoldenFiles.path("tensors-zip.pth")));
        assertTrue(TorchCheckpoint.isTorch(GoldenFiles.path("tensors-legacy.pth")));
        assertThrows(
                IllegalArgumentException.class,
                () -> TorchWriter.write(folder.resolve("x"), Map.of("o", new Object())));
        assertFalse(Files.exists(folder.resolve("x")));
    }

    /** A truncated file or one with a changed byte gives a message or other values, never another exception. */
    @ParameterizedTest
    @ValueSource(strings = {"tensors-zip.pth", "tensors-legacy.pth"})
    void damagedFilesAreRefusedCleanly(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(GoldenFiles.path(name));
        Path file = folder.resolve("damaged.pth");
        int refused = 0;
        for (int length = 0; length < bytes.length; length += 7) {
            Files.write(file, Arrays.copyOf(bytes, length));
            refused += isRefused(file) ? 1 : 0;
        }
        assertEquals((bytes.length - 1) / 7 + 1, refused, "cut files");
        for (int at = 0; at < bytes.length; at++) {
            byte[] changed = bytes.clone();
            changed[at] ^= (byte) (at % 5 == 0 ? 0x80 : 1 + at % 64);
            Files.write(file, changed);
            isRefused(file);
        }
    }

    private static boolean isRefused(Path file) {
        try (TorchCheckpoint checkpoint = TorchCheckpoint.open(file)) {
            readAll(checkpoint, checkpoint.root());
            return false;
        } catch (TensorFileException e) {
            assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
            return true;
        }
    }

    private static void readAll(TorchCheckpoint checkpoint, Object node) {
        if (node instanceof TorchTensor tensor) {
            checkpoint.readFloats(tensor);
        } else if (node instanceof Map<?, ?> map) {
            map.values().forEach(each -> readAll(checkpoint, each));
        } else if (node instanceof List<?> list) {
            list.forEach(each -> readAll(checkpoint, each));
        }
    }
}
