package org.rlr.model.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.GateMode;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Thresholds;
import org.rlr.model.config.Tiling;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** The structure of exported files; their numbers are compared by {@code OnnxRuntimeTest}. */
class OnnxExportTest {
    @TempDir
    private Path folder;

    private static Backend backend;

    @BeforeAll
    static void open() {
        backend = Backends.open("cpu", BackendSettings.DEFAULTS);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private static RlrConfig.Builder config(String backbone, int height, int width) {
        return RlrConfig.builder(backbone).imageSize(height, width).width(16).layers(2);
    }

    private ModelProto written(RlrConfig config) throws IOException {
        Path file = folder.resolve("model.onnx");
        try (RlrModel model = MadeUpModel.of(config, backend)) {
            OnnxExport.write(model, file);
        }
        return read(file);
    }

    private static ModelProto read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return ModelProto.parseFrom(in);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "resnet18, 64, 96, 1 2, mca nsa, NONE",
        "tf_efficientnet_lite0, 96, 64, 2 3, mca ca msa nsa sa, NET",
        "efficientnet_b0, 64, 64, 2 3, msa, GATE",
        "vit_small_patch14_dinov2, 56, 84, 1 2, mca nsa, NONE",
        "vit_small_patch14_reg4_dinov2, 56, 56, 1 2, sa, NONE",
        "scattering, 64, 64, 1 2, mca nsa, NONE",
        "patches, 64, 64, 2 3, ring, NONE",
    })
    void everyNameIsDefinedOnceBeforeItIsUsed(
            String backbone, int height, int width, String levels, String blocks, GateMode gate) throws IOException {
        ModelProto model = written(config(backbone, height, width)
                .levels(Stream.of(levels.split(" ")).map(Integer::valueOf).toList())
                .blocks(List.of(blocks.split(" ")))
                .gate(gate)
                .build());
        assertEquals(17, model.getOpsetImport(0).getVersion());
        assertEquals(1, model.getOpsetImportCount());
        GraphProto graph = model.getGraph();
        assertEquals(List.of("input FLOAT [batch, 3, " + height + ", " + width + "]"), described(graph.getInputList()));
        assertEquals(
                List.of(
                        "pred_score FLOAT [batch, 1]",
                        "pred_label BOOL [batch, 1]",
                        "anomaly_map FLOAT [batch, 1, " + height + ", " + width + "]",
                        "pred_mask BOOL [batch, 1, " + height + ", " + width + "]"),
                described(graph.getOutputList()));
        Set<String> defined = new HashSet<>(Set.of("input"));
        Set<String> used = new HashSet<>();
        for (TensorProto constant : graph.getInitializerList()) {
            assertTrue(defined.add(constant.getName()), constant.getName());
            long values = constant.getDimsList().stream().reduce(1L, (a, b) -> a * b);
            int width1 = constant.getDataType() == TensorProto.DataType.INT64.getNumber() ? 8 : 4;
            assertEquals(values * width1, constant.getRawData().size(), constant.getName());
        }
        Set<String> names = new HashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            assertTrue(names.add(node.getName()), node.getName());
            for (String input : node.getInputList()) {
                assertTrue(defined.contains(input), node.getName() + " uses " + input);
                used.add(input);
            }
            assertEquals(1, node.getOutputCount());
            assertTrue(defined.add(node.getOutput(0)), node.getName());
        }
        graph.getOutputList().forEach(output -> used.add(output.getName()));
        assertEquals(defined, used, "every value is used");
    }

    private static List<String> described(List<ValueInfoProto> values) {
        return values.stream()
                .map(value -> value.getName() + " "
                        + TensorProto.DataType.forNumber(
                                value.getType().getTensorType().getElemType())
                        + " "
                        + value.getType().getTensorType().getShape().getDimList().stream()
                                .map(OnnxExportTest::extent)
                                .toList())
                .toList();
    }

    private static String extent(Dimension dimension) {
        return dimension.getDimParam().isEmpty() ? Long.toString(dimension.getDimValue()) : dimension.getDimParam();
    }

    /** Channels are first from the input on, so no value is reordered between two convolutions. */
    @Test
    void convolutionsFollowEachOtherWithoutReordering() throws IOException {
        GraphProto graph = written(
                        config("resnet18", 64, 64).levels(List.of(1, 2)).build())
                .getGraph();
        Map<String, Long> operations = graph.getNodeList().stream()
                .collect(Collectors.groupingBy(NodeProto::getOpType, Collectors.counting()));
        assertEquals(10, operations.get("Conv"), operations.toString());
        // one per level's map; queries, keys, values and results of 2 blocks in 2 layers
        assertEquals(2 + 2 * 2 * 2 * 4, operations.get("Transpose"), operations.toString());
        for (NodeProto node : graph.getNodeList()) {
            for (AttributeProto attribute : node.getAttributeList()) {
                assertFalse(attribute.getType() == AttributeProto.AttributeType.UNDEFINED, node.getName());
            }
        }
    }

    @Test
    void theFileIsAboutAsLargeAsItsWeights() throws IOException {
        RlrConfig config = config("tf_efficientnet_lite0", 64, 64).build();
        Path file = folder.resolve("small.onnx");
        Path saved = folder.resolve("small.safetensors");
        try (RlrModel model = MadeUpModel.of(config, backend)) {
            OnnxExport.write(model, file);
            ModelFile.save(model, saved);
        }
        assertTrue(
                Files.size(file) < Files.size(saved) + (1 << 20), Files.size(file) + " bytes of " + Files.size(saved));
    }

    @Test
    void theSameModelGivesTheSameBytes() throws IOException {
        RlrConfig config = config("patches", 64, 64).build();
        assertEquals(written(config), written(config));
    }

    @Test
    void metadataSayWhatACallerNeeds() throws IOException {
        RlrConfig config = config("patches", 64, 96).tiling(new Tiling(16, 1)).build();
        Thresholds thresholds = new Thresholds(
                Thresholds.ofTraining(ScoreStatistics.given(0.5), Map.of()).common(),
                Map.of(
                        "one",
                        Thresholds.ofTraining(ScoreStatistics.given(0.25), Map.of())
                                .common()));
        Path file = folder.resolve("model.onnx");
        try (RlrModel model = MadeUpModel.of(config, null, thresholds, null, backend)) {
            OnnxExport.write(model, file);
            String note = String.join("\n", OnnxExport.notes(model.info()));
            assertTrue(note.contains("overlapping by 16 pixels") && note.contains("left to the caller"), note);
        }
        Map<String, String> metadata = read(file).getMetadataPropsList().stream()
                .collect(Collectors.toMap(StringStringEntryProto::getKey, StringStringEntryProto::getValue));
        assertEquals("64", metadata.get("input_height"));
        assertEquals("96", metadata.get("input_width"));
        assertEquals("0.5", metadata.get("threshold"));
        assertEquals("{\"one\":0.25}", metadata.get("class_thresholds"));
        assertEquals("[\"one\",\"two\"]", metadata.get("classes"));
        assertEquals("[]", metadata.get("recognized_classes"));
        assertTrue(metadata.get("resize").contains("lanczos"), metadata.toString());
        assertTrue(metadata.get("normalization").startsWith("inside: mean 0.485"), metadata.toString());
        assertEquals(
                4.0,
                JsonParser.parseString(metadata.get("scoring"))
                        .getAsJsonObject()
                        .get("smoothing")
                        .getAsDouble());
        assertEquals(
                16,
                JsonParser.parseString(metadata.get("tiling"))
                        .getAsJsonObject()
                        .get("overlap")
                        .getAsInt());
        assertEquals(
                List.of(),
                OnnxExport.notes(
                        ModelInfo.builder(config("patches", 64, 64).build()).build()));
    }

    @Test
    void aModelTooLargeForAFileIsRefusedAndTheOldFileStays() throws IOException {
        Path file = Files.writeString(folder.resolve("model.onnx"), "old");
        try (RlrModel model = MadeUpModel.of(config("resnet18", 64, 64).build(), backend)) {
            RlrException e = assertThrows(RlrException.class, () -> OnnxExport.write(model, file, 1 << 20));
            assertTrue(
                    e.getMessage().contains("more than 1 MiB")
                            && e.getMessage().contains("2 GiB")
                            && e.remedy().contains("`levels`"),
                    e.explanation());
        }
        assertEquals("old", Files.readString(file));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    // ---- unsupported operations ----

    private static RlrException refused(Function<Tensor, Tensor> computation) {
        Graph graph = new Graph(2, 3, 4, 4);
        return assertThrows(RlrException.class, () -> record(graph, computation));
    }

    private static void record(Graph graph, Function<Tensor, Tensor> computation) {
        try (TracingBackend tracing = new TracingBackend(graph);
                TensorScope scope = TensorScope.inference(tracing)) {
            graph.output("y", tracing.value(computation.apply(tracing.images(graph.input()))));
        }
    }

    @Test
    void valuesReadOnTheHostAreRefused() {
        RlrException e = refused(x -> Tensor.of(x.toArray(), x.shape().toArray()));
        assertTrue(e.getMessage().contains("on the host") && e.remedy().contains("tensors alone"), e.explanation());
    }

    @Test
    void tensorsThatAreNotWrittenAreRefused() {
        assertTrue(refused(x -> Tensor.empty(x.backend(), Shape.of(3)).add(x))
                .getMessage()
                .contains("before it is written"));
    }

    /** Differences between batch sizes other than the batch would be wrong for every other size. */
    @Test
    void whatDependsOnTheBatchIsRefused() {
        for (Function<Tensor, Tensor> computation : List.<Function<Tensor, Tensor>>of(
                x -> x.affine(1f / x.dim(0), 0),
                x -> x.slice(0, x.dim(0) - 1, 1),
                x -> x.dim(0) == 2 ? x.add(x) : x.mul(x),
                x -> x.dim(0) == 2 ? x : x.add(x))) {
            Graph two = new Graph(2, 3, 4, 4);
            Graph three = new Graph(3, 3, 4, 4);
            record(two, computation);
            record(three, computation);
            RlrException e =
                    assertThrows(RlrException.class, () -> new OnnxFile(two, three, 1000).model(null, Map.of()));
            assertTrue(e.getMessage().contains("how many images"), e.getMessage());
        }
    }
}
