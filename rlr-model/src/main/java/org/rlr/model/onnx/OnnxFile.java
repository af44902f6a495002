package org.rlr.model.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.rlr.model.onnx.Value.Elements;
import org.rlr.tensor.RlrException;

/**
 * A {@link Graph} as the message of an ONNX file. It is recorded with two batch sizes: extents that differ belong to
 * the batch, which the file leaves open; nothing else may differ.
 */
final class OnnxFile {
    /** The opset of ONNX 1.12, the first with layer normalisation. */
    static final int OPSET = 17;

    static final String INPUT = "input";
    /** The most bytes of weights: the limit of a protobuf message, less space for everything else. */
    static final long MOST_BYTES = Integer.MAX_VALUE - (16L << 20);

    private static final int IR_VERSION = 8;
    private static final String BATCH = "batch";

    private final Graph graph;
    private final Graph other;
    private final long mostBytes;
    private final GraphProto.Builder proto = GraphProto.newBuilder().setName("rlr");
    private final Map<Value, String> names = new HashMap<>();
    private @Nullable String batch;
    private long bytes;

    /**
     * Creates a file of a graph.
     *
     * @param graph the graph recorded with one batch size
     * @param other the graph recorded with another batch size
     * @param mostBytes the limit of the weights
     */
    OnnxFile(Graph graph, Graph other, long mostBytes) {
        this.graph = graph;
        this.other = other;
        this.mostBytes = mostBytes;
    }

    /** @throws RlrException if the graphs differ in more than the batch, or the weights are too large for a file */
    ModelProto model(@Nullable String version, Map<String, String> metadata) {
        names.put(graph.input(), INPUT);
        proto.addInput(info(INPUT, graph.input(), other.input()));
        graph.outputs().forEach((name, value) -> {
            names.put(value, name);
            proto.addOutput(
                    info(name, value, Objects.requireNonNull(other.outputs().get(name))));
        });
        List<Graph.Node> nodes = graph.needed();
        List<Graph.Node> others = other.needed();
        require(nodes.size() == others.size(), "its operations");
        for (int i = 0; i < nodes.size(); i++) {
            add(nodes.get(i), others.get(i));
        }
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("rlr")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .setGraph(proto);
        if (version != null) {
            model.setProducerVersion(version);
        }
        metadata.forEach((key, value) -> model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return model.build();
    }

    private static void require(boolean same, String what) {
        if (!same) {
            throw dependent(what);
        }
    }

    private static RlrException dependent(String what) {
        return new RlrException(
                "the model cannot be written as ONNX: " + what + " depend on how many images are computed at once",
                "let the backbone and the attention blocks treat each image of a batch alike");
    }

    private void add(Graph.Node node, Graph.Node twin) {
        boolean same = node.op().equals(twin.op())
                && node.output().sameAs(twin.output())
                && node.inputs().size() == twin.inputs().size()
                && equal(node.attributes(), twin.attributes());
        require(same, "its operations");
        NodeProto.Builder made = NodeProto.newBuilder().setOpType(node.op());
        for (int i = 0; i < node.inputs().size(); i++) {
            Value input = node.inputs().get(i);
            require(input.sameAs(twin.inputs().get(i)), "its operations");
            made.addInput(name(input, twin.inputs().get(i)));
        }
        if (node.reshapes()) {
            made.addInput(shape(node.output().extents(), twin.output().extents()));
        }
        node.attributes().forEach((name, value) -> made.addAttribute(attribute(name, value)));
        String output = names.computeIfAbsent(node.output(), v -> node.op().toLowerCase(Locale.ROOT) + "_" + v.id());
        proto.addNode(made.setName(node.op() + "_" + node.output().id()).addOutput(output));
    }

    private static boolean equal(Map<String, Object> a, Map<String, Object> b) {
        return a.keySet().equals(b.keySet())
                && a.keySet().stream().allMatch(name -> Objects.deepEquals(a.get(name), b.get(name)));
    }

    /** Returns a value's shape, −1 for the extent that grows with the batch. */
    private String shape(int[] extents, int[] others) {
        long[] target = Graph.longsOf(extents);
        int open = 0;
        for (int a = 0; a < target.length; a++) {
            if (extents[a] != others[a]) {
                target[a] = -1;
                open++;
            }
        }
        require(open <= 1, "several extents of a tensor");
        return constant(graph.longs(target));
    }

    private String name(Value value, Value twin) {
        String known = names.get(value);
        return known != null
                ? known
                : Arrays.equals(value.extents(), twin.extents()) ? same(value, twin) : repeated(value, twin);
    }

    private String same(Value value, Value twin) {
        require(Objects.deepEquals(value.constant(), twin.constant()), "its constants");
        return constant(value);
    }

    private String constant(Value value) {
        return names.computeIfAbsent(value, v -> {
            String name = "constant_" + v.id();
            proto.addInitializer(tensor(name, v));
            return name;
        });
    }

    /** Writes a constant that repeats the same values for each image. */
    private String repeated(Value value, Value twin) {
        float[] values = value.floats();
        float[] others = twin.floats();
        int[] row = value.extents().clone();
        int[] otherRow = twin.extents().clone();
        row[0] = 1;
        otherRow[0] = 1;
        if (values == null || others == null || !Arrays.equals(row, otherRow)) {
            throw dependent("its constants");
        }
        int length = values.length / value.extents()[0];
        for (float[] all : List.of(values, others)) {
            for (int from = 0; from < all.length; from += length) {
                require(Arrays.equals(values, 0, length, all, from, from + length), "its constants");
            }
        }
        String base = constant(graph.constant(Arrays.copyOf(values, length), row));
        long[] rest = Graph.longsOf(Arrays.copyOfRange(row, 1, row.length));
        String target = operation("Concat", value, Map.of("axis", 0L), batch(), constant(graph.longs(rest)));
        String expanded = operation("Expand", value, Map.of(), base, target);
        names.put(value, expanded);
        return expanded;
    }

    /** Returns the number of images, as the beginning of a shape. */
    private String batch() {
        String made = batch;
        if (made == null) {
            Value input = graph.input();
            String shape = operation("Shape", input, Map.of(), INPUT);
            made = operation("Slice", input, Map.of(), shape, constant(graph.longs(0)), constant(graph.longs(1)));
            batch = made;
        }
        return made;
    }

    private String operation(String op, Value of, Map<String, Object> attributes, String... inputs) {
        String name = op.toLowerCase(Locale.ROOT) + "_for_" + of.id();
        NodeProto.Builder node = NodeProto.newBuilder()
                .setOpType(op)
                .setName(name)
                .addAllInput(Arrays.asList(inputs))
                .addOutput(name);
        attributes.forEach((key, value) -> node.addAttribute(attribute(key, value)));
        proto.addNode(node);
        return name;
    }

    private static AttributeProto attribute(String name, Object value) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
        if (value instanceof Float number) {
            return attribute
                    .setType(AttributeProto.AttributeType.FLOAT)
                    .setF(number)
                    .build();
        }
        if (value instanceof Long number) {
            return attribute
                    .setType(AttributeProto.AttributeType.INT)
                    .setI(number)
                    .build();
        }
        attribute.setType(AttributeProto.AttributeType.INTS);
        for (long number : (long[]) value) {
            attribute.addInts(number);
        }
        return attribute.build();
    }

    private TensorProto tensor(String name, Value value) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(type(value.type()).getNumber());
        List<Long> dims = new ArrayList<>();
        for (int extent : value.extents()) {
            dims.add((long) extent);
        }
        tensor.addAllDims(dims);
        return tensor.setRawData(UnsafeByteOperations.unsafeWrap(data(value))).build();
    }

    private ByteBuffer data(Value value) {
        float[] floats = value.floats();
        if (floats != null) {
            ByteBuffer buffer = room((long) Float.BYTES * floats.length);
            buffer.asFloatBuffer().put(floats);
            return buffer;
        }
        long[] longs = (long[]) Objects.requireNonNull(value.constant());
        ByteBuffer buffer = room((long) Long.BYTES * longs.length);
        buffer.asLongBuffer().put(longs);
        return buffer;
    }

    private ByteBuffer room(long more) {
        bytes += more;
        if (bytes > mostBytes) {
            throw new RlrException(
                    "the model's weights and constants have more than " + (mostBytes >> 20)
                            + " MiB, and an ONNX file holds less than 2 GiB",
                    "train a model of fewer `levels`, a lower `imageSize` or a smaller `backbone`");
        }
        return ByteBuffer.allocate(Math.toIntExact(more)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static TensorProto.DataType type(Elements type) {
        return switch (type) {
            case FLOAT -> TensorProto.DataType.FLOAT;
            case INT64 -> TensorProto.DataType.INT64;
            case BOOL -> TensorProto.DataType.BOOL;
        };
    }

    private static ValueInfoProto info(String name, Value value, Value twin) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (int a = 0; a < value.rank(); a++) {
            TensorShapeProto.Dimension.Builder extent = TensorShapeProto.Dimension.newBuilder();
            shape.addDim(
                    value.extents()[a] == twin.extents()[a]
                            ? extent.setDimValue(value.extents()[a])
                            : extent.setDimParam(BATCH));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type(value.type()).getNumber())
                                .setShape(shape)))
                .build();
    }
}
