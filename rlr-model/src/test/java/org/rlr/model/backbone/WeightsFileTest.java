package org.rlr.model.backbone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.SafeTensorsWriter;
import org.rlr.tensor.io.TensorFileException;
import org.rlr.tensor.io.TorchWriter;

/** Locations and names of weights in files of training scripts. */
class WeightsFileTest {
    @TempDir
    Path folder;

    /** A state dict of two tensors, the first with a prefix and a value that identifies its source. */
    private static Map<String, Object> dict(String prefix, float value) {
        Map<String, Object> dict = new LinkedHashMap<>();
        dict.put(prefix + "conv1.weight", new TorchWriter.Floats(new long[] {1}, new float[] {value}));
        dict.put("bn1.module.bias", new TorchWriter.Floats(new long[] {1}, new float[] {7}));
        return dict;
    }

    private Path torch(Object root) {
        Path file = folder.resolve("weights.pth");
        TorchWriter.write(file, root);
        return file;
    }

    private static float first(Path file) {
        try (WeightsFile opened = WeightsFile.open(file)) {
            assertEquals(
                    List.of("conv1.weight", "bn1.module.bias"),
                    List.copyOf(opened.weights().names()));
            assertArrayEquals(new float[] {7}, opened.weights().values("bn1.module.bias"));
            assertArrayEquals(new int[] {1}, opened.weights().shape("conv1.weight"));
            return opened.weights().values("conv1.weight")[0];
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "module.",
                "_orig_mod.",
                "module.module.",
                "_orig_mod._orig_mod.",
                "module._orig_mod.",
                "_orig_mod.module._orig_mod.module."
            })
    void prefixesOfWrappersAreRemovedFromNames(String prefix) {
        assertEquals(3, first(torch(dict(prefix, 3))));
        Path file = folder.resolve("weights.safetensors");
        new SafeTensorsWriter()
                .add(prefix + "conv1.weight", new long[] {1}, new float[] {4})
                .add("bn1.module.bias", new long[] {1}, new float[] {7})
                .write(file);
        assertEquals(4, first(file));
    }

    @Test
    void aDuplicateTensorIsRefused() {
        Map<String, Object> dict = dict("module.", 1);
        dict.putAll(dict("_orig_mod.", 2));
        Path file = torch(dict);
        TensorFileException e = assertThrows(TensorFileException.class, () -> WeightsFile.open(file));
        assertEquals(TensorFileException.Reason.OTHER_TENSORS, e.reason());
        assertTrue(e.getMessage().endsWith("twice, as module.conv1.weight and _orig_mod.conv1.weight"), e.getMessage());
    }

    @Test
    void averagedWeightsAreTakenFirstAsTimmDoes() {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("epoch", 3);
        root.put("loss", new TorchWriter.Floats(new long[] {1}, new float[] {0.5f}));
        root.put("model", dict("", 1));
        assertEquals(1, first(torch(root)));
        root.put("state_dict", dict("module.", 2));
        assertEquals(2, first(torch(root)));
        root.put("model_ema", dict("", 3));
        assertEquals(3, first(torch(root)));
        root.put("state_dict_ema", dict("module._orig_mod.", 4));
        assertEquals(4, first(torch(root)));
        assertEquals(4, first(torch(Map.of("model", root))));
        root.put("state_dict_ema", null);
        root.put("model_ema", 5);
        assertEquals(2, first(torch(root)), "entries without tensors are skipped");
    }

    @Test
    void aFileWithoutWeightsIsRefused() {
        for (Object root :
                List.of(Map.of("epoch", 3), Map.of("state_dict", Map.of("epoch", 3)), List.of(dict("", 1)))) {
            Path file = torch(root);
            RlrException e = assertThrows(RlrException.class, () -> WeightsFile.open(file));
            assertTrue(e.getMessage().contains("holds no state dict of a backbone"), e.getMessage());
        }
    }
}
