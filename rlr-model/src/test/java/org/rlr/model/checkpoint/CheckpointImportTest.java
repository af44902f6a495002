package org.rlr.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.KernelSets;
import org.rlr.model.attention.AttentionBlocks;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.config.GateMode;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.golden.GoldenFiles;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.TorchWriter;

/** Shapes deduced from a checkpoint's names and shapes; the imported transformers compute the same as PyTorch's. */
class CheckpointImportTest {
    private static final double TOLERANCE = 1e-5;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"checkpoint-zip.pth", "checkpoint-legacy.pth"})
    void theGoldenCheckpoint(String file) {
        try (Checkpoint checkpoint = Checkpoint.open(List.of(GoldenFiles.path(file)));
                SafeTensorsFile expected = GoldenFiles.open("checkpoint");
                Backend backend = KernelSets.open("scalar")) {
            assertTrue(checkpoint.epoch().isPresent());
            List<LevelShape> shapes = checkpoint.levels().stream()
                    .map(s -> LevelShape.of(s, file))
                    .toList();
            assertEquals(2, shapes.size());
            for (int i = 0; i < 2; i++) {
                int side = 32 >> i;
                int channels =
                        (int) expected.entry("level" + i + ".projection.weight").shape()[0];
                assertEquals(
                        new LevelShape(channels, 16 << i, 2, List.of("mca", "nsa"), GateMode.NONE, side * side),
                        shapes.get(i));
                LevelConfig config = config(shapes.get(i), side, 8, 1);
                try (RlrTransformer transformer =
                        CheckpointImport.load(config, checkpoint.levels().get(i), backend, file)) {
                    String prefix = "level" + i + ".";
                    transformer
                            .parameters()
                            .all()
                            .forEach(p -> assertEquals(
                                    Arrays.toString(expected.readFloats(prefix + p.name())),
                                    Arrays.toString(p.tensor().toArray()),
                                    p.name()));
                }
            }
        }
    }

    private static LevelConfig config(LevelShape s, int side, int heads, int refLen) {
        return LevelConfig.builder(s.channels(), side, side, s.modelWidth())
                .heads(heads)
                .layers(s.layers())
                .blocks(s.blocks())
                .gate(s.gate())
                .refLen(refLen)
                .windowSize(LevelConfig.defaultWindowSize(side, side))
                .build();
    }

    /**
     * Golden transformers of every kind, through a checkpoint file: the deduced settings and the outputs are the
     * original ones.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "mca-nsa",
                "grid32",
                "grid64",
                "all-blocks",
                "msa-only",
                "gate",
                "gate-net",
                "ref-len-2",
                "ca-ref-len-2",
                "ca-beside-mca-ref-len-3"
            })
    @SuppressWarnings("try") // the scope only has to be open
    void everyKindOfTransformer(String name) {
        try (SafeTensorsFile golden = GoldenFiles.open("rlr-" + name)) {
            Map<String, Object> state = new LinkedHashMap<>();
            golden.names().stream()
                    .filter(n -> n.startsWith("weight."))
                    .forEach(n -> state.put(
                            n.substring(7),
                            new TorchWriter.Floats(golden.entry(n).shape(), golden.readFloats(n))));
            Path file = folder.resolve("checkpoint.pth");
            TorchWriter.write(file, Map.of("state_dict", List.of(state)));
            Map<String, String> m = golden.metadata();
            int grid = Integer.parseInt(m.get("grid"));
            int refLen = Integer.parseInt(m.get("ref_len"));
            List<?> blocks = new Gson().fromJson(m.get("blocks"), List.class);
            boolean reference = blocks.stream().anyMatch(b -> AttentionBlocks.usesReference((String) b));
            try (Checkpoint checkpoint = Checkpoint.open(List.of(file));
                    Backend backend = KernelSets.open("vector")) {
                LevelShape shape = LevelShape.of(checkpoint.levels().get(0), name);
                assertEquals(
                        new LevelShape(
                                Integer.parseInt(m.get("c")),
                                Integer.parseInt(m.get("d")),
                                Integer.parseInt(m.get("layers")),
                                AttentionBlocks.PUBLISHED.stream()
                                        .filter(blocks::contains)
                                        .toList(),
                                GateMode.of(m.get("gate")),
                                reference ? refLen * grid * grid : 0),
                        shape);
                // as a level of stride 8; the image size must be given, as the grid does not follow from r·L alone
                ReferenceGrid found =
                        ReferenceGrid.choose(new int[] {8}, new int[] {shape.referenceTokens()}, grid * 8, 256, name);
                assertEquals(
                        new ReferenceGrid(grid * 8, refLen),
                        reference ? found : new ReferenceGrid(found.imageSize(), refLen));
                int[] size = {Integer.parseInt(m.get("batch")), grid * grid, shape.channels()};
                try (RlrTransformer transformer = CheckpointImport.load(
                                config(shape, grid, Integer.parseInt(m.get("heads")), refLen),
                                checkpoint.levels().get(0),
                                backend,
                                name);
                        TensorScope scope = TensorScope.inference(backend)) {
                    float[] actual = transformer
                            .reconstruct(Tensor.of(golden.readFloats("x_perturbed"), size))
                            .toArray();
                    double[] expected = golden.readDoubles("forward");
                    double largest =
                            Arrays.stream(expected).map(Math::abs).max().orElseThrow();
                    for (int i = 0; i < expected.length; i++) {
                        assertEquals(expected[i], actual[i], TOLERANCE * largest);
                    }
                }
            }
        }
    }

    /** Tokens of references at strides 8 and 16, and the settings deduced from them without options. */
    @ParameterizedTest
    @CsvSource({
        "1024,256,256,1",
        "2048,512,256,2",
        "3072,768,256,3",
        "4096,1024,256,4",
        "2304,576,384,1",
        "256,64,128,1",
        "512,128,128,2",
        "1600,400,320,1",
        "16384,4096,256,16"
    })
    void imageSizeAndReferenceLengthFollowFromTheReferences(int stride8, int stride16, int size, int refLen) {
        assertEquals(
                new ReferenceGrid(size, refLen),
                ReferenceGrid.choose(new int[] {8, 16}, new int[] {stride8, stride16}, null, 256, "x"));
    }

    @Test
    void aRequestedImageSizeIsUsedIfItFits() {
        int[] strides = {8, 16};
        int[] tokens = {4096, 1024};
        assertEquals(
                List.of(
                        new ReferenceGrid(512, 1),
                        new ReferenceGrid(256, 4),
                        new ReferenceGrid(128, 16),
                        new ReferenceGrid(64, 64)),
                ReferenceGrid.fitting(strides, tokens));
        assertEquals(new ReferenceGrid(512, 1), ReferenceGrid.choose(strides, tokens, 512, 256, "x"));
        refused(
                () -> ReferenceGrid.choose(strides, tokens, 384, 256, "f.pth"),
                "f.pth",
                "`imageSize` 384",
                "512 (reference length 1), 256 (reference length 4)");
        refused(
                () -> ReferenceGrid.choose(strides, new int[] {1024, 1024}, null, 256, "f.pth"),
                "no square image size",
                "`levels`");
        assertEquals(new ReferenceGrid(256, 1), ReferenceGrid.choose(strides, new int[] {0, 0}, null, 256, "x"));
        assertEquals(new ReferenceGrid(320, 1), ReferenceGrid.choose(strides, new int[] {0, 0}, 320, 256, "x"));
    }

    private static void refused(Runnable action, String... mentions) {
        String message = assertThrows(RlrException.class, action::run).explanation();
        for (String mention : mentions) {
            assertTrue(message.contains(mention), "'" + mention + "' is not in: " + message);
        }
    }

    /** State dicts of levels, with zeros for values. */
    private Path checkpoint(List<Map<String, Object>> states) {
        Path file = folder.resolve("made.pth");
        TorchWriter.write(file, Map.of("state_dict", states));
        return file;
    }

    private static Map<String, Object> level(int channels, int side, int d, Consumer<Map<String, Object>> change) {
        LevelConfig c = LevelConfig.builder(channels, side, side, d)
                .layers(1)
                .windowSize(3)
                .build();
        Map<String, Object> state = new LinkedHashMap<>();
        try (Backend backend = KernelSets.open("scalar");
                RlrTransformer transformer = new RlrTransformer(c, backend, false)) {
            transformer
                    .parameters()
                    .all()
                    .forEach(p -> state.put(
                            p.name(),
                            new TorchWriter.Floats(
                                    Arrays.stream(p.shape().toArray())
                                            .asLongStream()
                                            .toArray(),
                                    p.tensor().toArray())));
        }
        change.accept(state);
        return state;
    }

    private static Map<String, Object> level(int channels, int side, int d) {
        return level(channels, side, d, state -> {});
    }

    private CheckpointImport read(Path file, CheckpointImport.Options options) {
        try (Checkpoint checkpoint = Checkpoint.open(List.of(file))) {
            return CheckpointImport.of(checkpoint, options);
        }
    }

    @Test
    void theBackboneAndItsLevelsFollowFromTheChannels() {
        RlrConfig b6 = read(
                        checkpoint(List.of(level(72, 32, 256), level(200, 16, 512))), CheckpointImport.Options.USUAL)
                .config();
        assertEquals(
                RlrConfig.builder("tf_efficientnet_b6").width(128).layers(1).build(), b6);
        RlrConfig wide = read(
                        checkpoint(List.of(level(256, 32, 16), level(512, 16, 32), level(1024, 8, 64))),
                        new CheckpointImport.Options(null, null, null, 4, false))
                .config();
        assertEquals(
                RlrConfig.builder("wide_resnet50_2")
                        .imageSize(128, 128)
                        .levels(List.of(1, 2, 3))
                        .width(16)
                        .heads(4)
                        .layers(1)
                        .averagePool(false)
                        .build(),
                wide);
        // both levels 0 and 1 of a ResNet-18 have 64 channels
        Path ambiguous = checkpoint(List.of(level(64, 32, 16)));
        refused(
                () -> read(ambiguous, new CheckpointImport.Options("resnet18", null, null, 8, true)),
                "64 channels",
                "name `levels`");
        assertEquals(
                List.of(1),
                read(ambiguous, new CheckpointImport.Options("resnet18", List.of(1), null, 8, true))
                        .config()
                        .levels());
    }

    @Test
    void mismatchesAreReported() {
        Path file = checkpoint(List.of(level(40, 8, 16), level(112, 4, 32)));
        refused(
                () -> read(file, CheckpointImport.Options.USUAL),
                "[40, 112] channels",
                "tf_efficientnet_b6 nor wide_resnet50_2",
                "tf_efficientnet_lite0",
                "`backbone`");
        refused(
                () -> read(file, new CheckpointImport.Options("resnet18", null, null, 8, true)),
                "40 channels",
                "`backbone`");
        refused(
                () -> read(file, new CheckpointImport.Options("tf_efficientnet_lite0", List.of(2), null, 8, true)),
                "2 levels",
                "names 1");
        refused(
                () -> read(file, new CheckpointImport.Options("tf_efficientnet_lite0", null, null, 5, true)),
                "`heads`");
        refused(
                () -> read(
                        checkpoint(List.of(level(40, 8, 16), level(112, 4, 16))),
                        new CheckpointImport.Options("tf_efficientnet_lite0", null, null, 8, true)),
                "widths [16, 16]",
                "double");
        refused(
                () -> read(
                        checkpoint(List.of(level(40, 8, 16), level(112, 8, 32))),
                        new CheckpointImport.Options("tf_efficientnet_lite0", null, null, 8, true)),
                "[64, 64] tokens");
        Map<String, Object> deeper = level(112, 4, 32);
        for (String name : List.copyOf(deeper.keySet())) {
            if (name.startsWith("encoder.encode_layers.0.")) {
                deeper.put(name.replace("layers.0", "layers.1"), deeper.get(name));
            }
        }
        refused(
                () -> read(
                        checkpoint(List.of(level(40, 8, 16), deeper)),
                        new CheckpointImport.Options("tf_efficientnet_lite0", null, null, 8, true)),
                "different layers");
    }

    @Test
    void filesThatAreNotCheckpointsAreRefused() {
        Path file = folder.resolve("other.pth");
        TorchWriter.write(file, Map.of("weight", new TorchWriter.Floats(new long[] {2}, new float[2])));
        refused(
                () -> read(file, CheckpointImport.Options.USUAL),
                "not the state dict of an RLR transformer",
                "project.weight");
        TorchWriter.write(file, List.of(1, 2));
        refused(() -> read(file, CheckpointImport.Options.USUAL), "other.pth", "state_dict", "latest.pth");
        TorchWriter.write(file, Map.of("state_dict", List.of()));
        refused(() -> read(file, CheckpointImport.Options.USUAL), "other.pth", "state_dict");
        refused(() -> read(folder.resolve("missing.pth"), CheckpointImport.Options.USUAL), "does not exist");
    }

    @Test
    void changedMethodsAndTensorsOfOtherShapesAreRefused() {
        StateDictOf made = new StateDictOf();
        refused(
                () -> made.of(s -> s.put("encoder.encode_layers.0.xca.in_proj_weight", zeros(48, 16))),
                "attention block 'xca'");
        refused(
                () -> made.of(s -> s.put("encoder.encode_layers.0.mca.in_proj_weight", zeros(16, 16))),
                "[16, 16] instead of [48, 16]");
        refused(
                () -> made.of(s -> s.put("encoder.encode_layers.900.mca.in_proj_weight", zeros(48, 16))),
                "encoder.encode_layers.1.");
        refused(() -> made.of(s -> s.remove("ref_mca")), "no tensor ref_mca");
        refused(
                () -> made.of(s -> s.keySet().removeIf(n -> n.contains("in_proj"))),
                "no tensor encoder.encode_layers.0");
        refused(() -> made.load(s -> s.put("extra.weight", zeros(1, 1))), "extra.weight", "modified methods");
        refused(() -> made.load(s -> s.remove("encoder.norm.bias")), "encoder.norm.bias is missing");
        refused(
                () -> made.load(s -> s.put("projection.weight", zeros(7, 16))),
                "projection.weight has shape [7, 16] instead of [40, 16]");
        // as torch.nn.DataParallel and torch.compile name them, all or some, once or repeatedly
        for (String prefix : List.of("module.", "_orig_mod.", "_orig_mod.module.module.", "module._orig_mod.")) {
            made.load(s -> Map.copyOf(s).forEach((name, t) -> {
                s.remove(name);
                s.put(prefix + name, t);
            }));
            made.load(s -> s.put(prefix + "encoder.norm.bias", s.remove("encoder.norm.bias")));
        }
    }

    private static TorchWriter.Floats zeros(int... shape) {
        return new TorchWriter.Floats(
                Arrays.stream(shape).asLongStream().toArray(),
                new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)]);
    }

    /** A modified state dict of a level, through a file. */
    private final class StateDictOf {
        LevelShape of(Consumer<Map<String, Object>> change) {
            try (Checkpoint checkpoint = open(change)) {
                return LevelShape.of(checkpoint.levels().get(0), "made.pth");
            }
        }

        void load(Consumer<Map<String, Object>> change) {
            try (Checkpoint checkpoint = open(change);
                    Backend backend = KernelSets.open("scalar")) {
                StateDict state = checkpoint.levels().get(0);
                CheckpointImport.load(config(LevelShape.of(state, "made.pth"), 8, 8, 1), state, backend, "made.pth")
                        .close();
                assertEquals(0, backend.memory().used());
            }
        }

        private Checkpoint open(Consumer<Map<String, Object>> change) {
            return Checkpoint.open(List.of(checkpoint(List.of(level(40, 8, 16, change)))));
        }
    }
}
