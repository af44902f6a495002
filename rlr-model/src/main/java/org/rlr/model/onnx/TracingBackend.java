package org.rlr.model.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.rlr.model.onnx.Value.Elements;
import org.rlr.tensor.Device;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.MemoryUse;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/**
 * Records operations as nodes of a {@link Graph} without computing them: a model on this backend becomes a graph, with
 * any backbone and attention block. For inference, on one thread.
 */
final class TracingBackend extends InferenceBackend {
    private static final float COSINE_FLOOR = 1e-8f;

    private final Graph graph;
    private final Map<AttentionPattern, AttentionMask> masks = new HashMap<>();

    /** One part of a tensor that is written in parts. */
    private record Piece(int axis, int start, int length, Held held) {}

    /** The placeholder for memory. */
    private static final class Symbol extends Storage {
        @Nullable
        Held held;

        final List<Piece> pieces = new ArrayList<>();

        Symbol(int elements) {
            super(elements);
        }

        @Override
        protected void free() {
            held = null;
            pieces.clear();
        }
    }

    TracingBackend(Graph graph) {
        this.graph = graph;
    }

    /** Returns a tensor of the innermost scope that holds a value {@code [N, C, H, W]} as {@code [N, H, W, C]}. */
    Tensor images(Value channelsFirst) {
        Held held = Held.channelsFirst(graph, channelsFirst);
        Tensor tensor = Tensor.empty(this, held.shape());
        write(tensor.view(), held);
        return tensor;
    }

    /** Returns the value of a tensor, in the order of its shape. */
    Value value(Tensor tensor) {
        return plain(tensor.view());
    }

    /** Returns the value of a tensor {@code [N, H, W, C]} as {@code [N, C, H, W]}. */
    Value channelsFirst(Tensor tensor) {
        return read(tensor.view()).channelsFirst();
    }

    // ---- what tensors hold ----

    private static RlrException unrecordable(String what) {
        return new RlrException(
                "the model cannot be written as ONNX: " + what,
                "compute with operations of tensors alone in the backbone and the attention blocks");
    }

    private Held read(View view) {
        Symbol symbol = (Symbol) view.storage();
        Held whole = symbol.held;
        if (!symbol.pieces.isEmpty()) {
            whole = joined(symbol.pieces);
            if (whole.shape().elements() != symbol.elements()) {
                throw unrecordable("a tensor is read before all its parts are written");
            }
            symbol.pieces.clear();
            symbol.held = whole;
        }
        if (whole == null) {
            throw unrecordable("a tensor of shape " + view.shape() + " is read before it is written");
        }
        if (view.elements() == symbol.elements()) {
            return whole.as(view.shape());
        }
        Held part = whole.part(view.offset(), view.shape());
        if (part == null) {
            throw unrecordable("a window of shape " + view.shape() + " at " + view.offset() + " of a tensor of shape "
                    + whole.shape() + " is not made of its rows");
        }
        return part;
    }

    private Held joined(List<Piece> pieces) {
        pieces.sort(Comparator.comparingInt(Piece::start));
        int axis = pieces.get(0).axis;
        int end = 0;
        for (Piece piece : pieces) {
            if (piece.axis != axis || piece.start != end) {
                throw unrecordable("parts of a tensor that are written leave gaps or overlap");
            }
            end += piece.length;
        }
        int[] extents = pieces.get(0).held.shape().with(axis, end).toArray();
        return Held.plain(
                graph,
                graph.add(
                        "Concat",
                        Elements.FLOAT,
                        extents,
                        Map.of("axis", (long) axis),
                        pieces.stream().map(piece -> piece.held.plain()).toArray(Value[]::new)));
    }

    private Value plain(View view) {
        return read(view).plain();
    }

    private void write(View view, Held held) {
        Symbol symbol = (Symbol) view.storage();
        if (view.elements() != symbol.elements()) {
            throw unrecordable("a result is written to a window of shape " + view.shape() + " of a larger tensor");
        }
        symbol.pieces.clear();
        symbol.held = held;
    }

    private void write(View view, Value value) {
        write(view, Held.plain(graph, value));
    }

    /** Writes a value, or adds it to the old value if {@code accumulate} is set. */
    private void write(View view, Held held, boolean accumulate) {
        write(view, accumulate ? combined("Add", read(view), held, view.shape()) : held);
    }

    private Value constant(View view, float[] values) {
        return graph.constant(values, view.shape().toArray());
    }

    // ---- memory ----

    @Override
    public void onHost(int tasks, IntConsumer body) {
        for (int i = 0; i < tasks; i++) {
            body.accept(i);
        }
    }

    @Override
    public Device device() {
        return new Device("onnx", 0);
    }

    @Override
    public String description() {
        return "records a model as ONNX";
    }

    @Override
    public Storage allocate(int elements) {
        return new Symbol(elements);
    }

    @Override
    public MemoryUse memory() {
        return new MemoryUse(0, 0, 0);
    }

    @Override
    public void trim() {
        // keeps no memory
    }

    @Override
    public void upload(float[] src, int srcOffset, View dst) {
        write(dst, constant(dst, Arrays.copyOfRange(src, srcOffset, srcOffset + dst.elements())));
    }

    @Override
    public void download(View src, float[] dst, int dstOffset) {
        float[] values = plain(src).floats();
        if (values == null) {
            throw unrecordable("a part of it computes on the host, outside of tensors");
        }
        System.arraycopy(values, 0, dst, dstOffset, values.length);
    }

    @Override
    public void copy(View src, View dst) {
        write(dst, read(src).as(dst.shape()));
    }

    @Override
    public void fill(View dst, float value) {
        float[] values = new float[dst.elements()];
        Arrays.fill(values, value);
        write(dst, constant(dst, values));
    }

    @Override
    public void synchronize() {
        // no work is pending
    }

    // ---- elementwise, reductions, layout ----

    @Override
    public void unary(UnaryOp op, View x, View y) {
        write(y, read(x).map(value -> unary(op, value)));
    }

    private Value unary(UnaryOp op, Value x) {
        return switch (op) {
            case NEG -> one("Neg", x);
            case EXP -> one("Exp", x);
            case LOG -> one("Log", x);
            case SQRT -> one("Sqrt", x);
            case SQUARE -> graph.two("Mul", x, x);
            case RECIPROCAL -> one("Reciprocal", x);
            case TANH -> one("Tanh", x);
            case SIGMOID -> one("Sigmoid", x);
            case RELU -> one("Relu", x);
            case RELU6 -> graph.add("Clip", x.extents(), x, graph.scalar(0), graph.scalar(6));
            case SILU -> graph.two("Mul", x, one("Sigmoid", x));
            case GELU -> {
                Value erf = one("Erf", graph.two("Div", x, graph.scalar((float) Math.sqrt(2))));
                yield graph.two("Mul", graph.two("Mul", x, graph.two("Add", erf, graph.scalar(1))), graph.scalar(0.5f));
            }
        };
    }

    private Value activated(Activation activation, Value x) {
        return activation == Activation.NONE ? x : unary(activation.op(), x);
    }

    private Value one(String op, Value x) {
        return graph.add(op, x.extents(), x);
    }

    private Held combined(String op, Held a, Held b, Shape shape) {
        if (shape.rank() == 4 && (a.hasChannelsFirst() || b.hasChannelsFirst())) {
            Value first = a.besideChannelsFirst();
            Value second = b.besideChannelsFirst();
            if (first != null && second != null) {
                return Held.channelsFirst(graph, graph.two(op, first, second));
            }
        }
        return Held.plain(graph, graph.two(op, a.plain(), b.plain()));
    }

    @Override
    public void binary(BinaryOp op, View a, View b, View out, boolean accumulate) {
        String name = switch (op) {
            case ADD -> "Add";
            case SUB -> "Sub";
            case MUL -> "Mul";
            case DIV -> "Div";
        };
        write(out, combined(name, read(a), read(b), out.shape()).as(out.shape()), accumulate);
    }

    @Override
    public void affine(View x, float scale, float shift, View y, boolean accumulate) {
        write(y, read(x).map(value -> shifted(scaled(value, scale), shift)).as(y.shape()), accumulate);
    }

    private Value scaled(Value x, float scale) {
        return scale == 1 ? x : graph.two("Mul", x, graph.scalar(scale));
    }

    private Value shifted(Value x, float shift) {
        return shift == 0 ? x : graph.two("Add", x, graph.scalar(shift));
    }

    @Override
    public void sumTo(View x, View y, boolean accumulate) {
        Held from = read(x);
        boolean image = from.hasChannelsFirst() && y.shape().rank() == 4;
        int[] extents = x.shape().toArray();
        int missing = extents.length - y.shape().rank();
        List<Integer> axes = new ArrayList<>();
        for (int a = 0; a < extents.length; a++) {
            if (a < missing || y.shape().dim(a - missing) != extents[a]) {
                axes.add(a);
                extents[a] = 1;
            }
        }
        Held sum = from;
        if (!axes.isEmpty()) {
            int[] toFirst = {0, 2, 3, 1};
            long[] numbers = axes.stream()
                    .mapToLong(a -> image ? toFirst[a] : a)
                    .sorted()
                    .toArray();
            int[] kept = image ? new int[] {extents[0], extents[3], extents[1], extents[2]} : extents;
            Value reduced = graph.add(
                    "ReduceSum",
                    Elements.FLOAT,
                    kept,
                    Map.of("keepdims", 1L),
                    image ? from.channelsFirst() : from.plain(),
                    graph.longs(numbers));
            sum = image ? Held.channelsFirst(graph, reduced) : Held.plain(graph, reduced);
        }
        write(y, sum.as(y.shape()), accumulate);
    }

    @Override
    public void weightedSum(List<View> xs, float[] weights, View y) {
        write(y, sum(xs, weights));
    }

    private Value sum(List<View> xs, float[] weights) {
        Value sum = scaled(plain(xs.get(0)), weights[0]);
        for (int i = 1; i < weights.length; i++) {
            sum = graph.two("Add", sum, scaled(plain(xs.get(i)), weights[i]));
        }
        return sum;
    }

    @Override
    public void max(View x, int axis, View y) {
        Map<String, Object> attributes = Map.of("axes", new long[] {axis}, "keepdims", 1L);
        write(y, graph.add("ReduceMax", Elements.FLOAT, y.shape().toArray(), attributes, plain(x)));
    }

    @Override
    public void softmax(View x, View y) {
        write(y, softmax(plain(x)));
    }

    private Value softmax(Value x) {
        return graph.add("Softmax", Elements.FLOAT, x.extents(), Map.of("axis", -1L), x);
    }

    @Override
    public void permute(View x, int[] axes, View y) {
        write(y, graph.transpose(plain(x), axes));
    }

    @Override
    public void slice(View x, int axis, int start, View y, boolean accumulate) {
        Value part = graph.slice(plain(x), axis, start, y.shape().dim(axis));
        write(y, Held.plain(graph, part), accumulate);
    }

    @Override
    public void place(View x, int axis, int start, View y, boolean accumulate) {
        Symbol symbol = (Symbol) y.storage();
        if (accumulate || symbol.held != null || y.elements() != symbol.elements()) {
            throw unrecordable("a part of a tensor is overwritten");
        }
        symbol.pieces.add(new Piece(axis, start, x.shape().dim(axis), read(x)));
    }

    // ---- matrices ----

    @Override
    public void matmul(View a, boolean transA, View b, boolean transB, float alpha, View c, boolean accumulate) {
        if (c.shape().rank() < a.shape().rank()) {
            throw unrecordable("products of matrices are summed over batches");
        }
        Value product = graph.add("MatMul", c.shape().toArray(), turned(plain(a), transA), turned(plain(b), transB));
        write(c, Held.plain(graph, scaled(product, alpha)), accumulate);
    }

    /** Transposes rows and columns if {@code turn} is set. */
    private Value turned(Value x, boolean turn) {
        if (!turn) {
            return x;
        }
        int[] axes = new int[x.rank()];
        Arrays.setAll(axes, a -> a);
        axes[axes.length - 2] = axes.length - 1;
        axes[axes.length - 1] = axes.length - 2;
        return graph.transpose(x, axes);
    }

    @Override
    public void linear(View x, View w, @Nullable View bias, Activation activation, @Nullable View pre, View y) {
        Value product = graph.add("MatMul", y.shape().toArray(), plain(x), turned(plain(w), true));
        Value sum = bias == null ? product : graph.two("Add", product, plain(bias));
        if (pre != null) {
            write(pre, sum);
        }
        write(y, activated(activation, sum));
    }

    // ---- normalisation, attention, scores ----

    @Override
    public void layerNorm(View x, View gamma, View beta, float eps, View y, View mean, View rstd) {
        layerNorm(plain(x), gamma, beta, eps, y);
    }

    private void layerNorm(Value x, View gamma, View beta, float eps, View y) {
        write(
                y,
                graph.add(
                        "LayerNormalization",
                        Elements.FLOAT,
                        y.shape().toArray(),
                        Map.of("axis", -1L, "epsilon", eps),
                        x,
                        plain(gamma),
                        plain(beta)));
    }

    @Override
    public void layerNormOfSum(
            List<View> xs,
            float[] weights,
            View gamma,
            View beta,
            float eps,
            @Nullable View sum,
            View y,
            View mean,
            View rstd) {
        Value total = sum(xs, weights);
        if (sum != null) {
            write(sum, total);
        }
        layerNorm(total, gamma, beta, eps, y);
    }

    @Override
    public void attention(View q, View k, View v, AttentionPattern pattern, View out, View lse) {
        int heads = pattern.heads();
        int headWidth = q.shape().dim(2) / heads;
        Value queries = scaled(byHead(q, heads, 0, 2, 1, 3), (float) (1 / Math.sqrt(headWidth)));
        Value keys = byHead(k, heads, 0, 2, 3, 1);
        int[] all = {q.shape().dim(0), heads, q.shape().dim(1), k.shape().dim(1)};
        Value scores = graph.add("MatMul", all, queries, keys);
        AttentionMask mask = pattern.locality() == Locality.ALL
                ? null
                : masks.computeIfAbsent(pattern, p -> AttentionMask.of(graph, p));
        if (mask != null) {
            scores = graph.two("Add", scores, mask.scores());
        }
        int[] attended = {all[0], heads, all[2], headWidth};
        Value mixed = graph.add("MatMul", attended, softmax(scores), byHead(v, heads, 0, 2, 1, 3));
        if (mask != null && mask.attending() != null) {
            mixed = graph.two("Mul", mixed, mask.attending());
        }
        write(out, graph.reshape(graph.transpose(mixed, 0, 2, 1, 3), out.shape().toArray()));
    }

    /** Returns {@code [N, L, d]} as {@code [N, L, heads, d/heads]} with permuted axes. */
    private Value byHead(View x, int heads, int... axes) {
        Shape s = x.shape();
        return graph.transpose(graph.reshape(plain(x), s.dim(0), s.dim(1), heads, s.dim(2) / heads), axes);
    }

    @Override
    public void tokenScores(View reconstruction, View target, View scores) {
        Value x = plain(reconstruction);
        Value t = plain(target);
        int[] rows = x.extents().clone();
        rows[rows.length - 1] = 1;
        Value difference = graph.two("Sub", t, x);
        Value squares =
                scaled(rowSum(graph.two("Mul", difference, difference), rows), 1f / x.extents()[rows.length - 1]);
        Value norms = graph.two("Mul", norm(x, rows), norm(t, rows));
        Value cosine = graph.two(
                "Div",
                rowSum(graph.two("Mul", x, t), rows),
                graph.add("Max", norms.extents(), norms, graph.scalar(COSINE_FLOOR)));
        Value score = graph.two("Sub", graph.two("Add", squares, graph.scalar(1)), cosine);
        write(scores, graph.reshape(score, scores.shape().toArray()));
    }

    private Value norm(Value x, int[] rows) {
        return one("Sqrt", rowSum(graph.two("Mul", x, x), rows));
    }

    private Value rowSum(Value x, int[] rows) {
        return graph.add("ReduceSum", Elements.FLOAT, rows, Map.of("keepdims", 1L), x, graph.longs(rows.length - 1));
    }

    // ---- convolution, pooling ----

    @Override
    public void conv2d(View x, View w, @Nullable View bias, ConvGeometry geometry, Activation activation, View y) {
        Value weights = graph.transpose(plain(w), 0, 3, 1, 2);
        Map<String, Object> attributes = window(geometry, x.shape());
        attributes.put("group", (long) geometry.groups());
        Value image = read(x).channelsFirst();
        Value[] inputs = bias == null ? new Value[] {image, weights} : new Value[] {image, weights, plain(bias)};
        Value result = graph.add("Conv", Elements.FLOAT, channelsFirst(y.shape()), attributes, inputs);
        write(y, Held.channelsFirst(graph, activated(activation, result)));
    }

    private static int[] channelsFirst(Shape s) {
        return new int[] {s.dim(0), s.dim(3), s.dim(1), s.dim(2)};
    }

    private static Map<String, Object> window(ConvGeometry geometry, Shape x) {
        long[] pads = new long[4];
        for (int a = 0; a < 2; a++) {
            int in = x.dim(a + 1);
            int before = geometry.before(in);
            int needed = (geometry.out(in) - 1) * geometry.stride() + geometry.kernel() - in;
            pads[a] = before;
            // rows that no window covers need no padding
            pads[a + 2] = Math.max(0, needed - before);
        }
        Map<String, Object> attributes = new HashMap<>();
        attributes.put("kernel_shape", new long[] {geometry.kernel(), geometry.kernel()});
        attributes.put("strides", new long[] {geometry.stride(), geometry.stride()});
        attributes.put("pads", pads);
        return attributes;
    }

    @Override
    public void averagePool(View x, int kernel, View y, boolean accumulate) {
        Map<String, Object> attributes = window(ConvGeometry.padded(kernel, 1, kernel / 2, 1), x.shape());
        attributes.put("count_include_pad", 1L);
        pool("AveragePool", x, attributes, y, accumulate);
    }

    @Override
    public void maxPool(View x, ConvGeometry geometry, View y) {
        pool("MaxPool", x, window(geometry, x.shape()), y, false);
    }

    private void pool(String op, View x, Map<String, Object> attributes, View y, boolean accumulate) {
        Value image = read(x).channelsFirst();
        Value result = graph.add(op, Elements.FLOAT, channelsFirst(y.shape()), attributes, image);
        write(y, Held.channelsFirst(graph, result), accumulate);
    }

    @Override
    public void close() {
        masks.clear();
    }
}
