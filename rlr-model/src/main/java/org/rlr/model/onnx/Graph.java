package org.rlr.model.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.rlr.model.onnx.Value.Elements;
import org.rlr.tensor.Shape;

/**
 * The nodes of an ONNX graph in order of computation, recorded with a fixed batch size. Constants are reordered without
 * a node.
 */
final class Graph {
    /** The largest constant that is shared with equal constants, in values. */
    private static final int SMALL = 16;

    /**
     * A node.
     *
     * @param op operator of ONNX
     * @param inputs its inputs in the operator's order
     * @param output its only one
     * @param attributes by name: {@code Long}, {@code Float} or {@code long[]}
     */
    record Node(String op, List<Value> inputs, Value output, Map<String, Object> attributes) {
        /** Returns whether it is a reshape, whose target is the shape of the output. */
        boolean reshapes() {
            return op.equals("Reshape");
        }
    }

    private final List<Node> nodes = new ArrayList<>();
    private final Map<List<Object>, Value> small = new HashMap<>();
    private final Map<List<Object>, Value> derived = new HashMap<>();
    private final Value input;
    private final Map<String, Value> outputs = new LinkedHashMap<>();
    private int ids;

    /** Creates a graph with an input of that shape. */
    Graph(int... inputExtents) {
        input = value(Elements.FLOAT, inputExtents, null);
    }

    Value input() {
        return input;
    }

    Map<String, Value> outputs() {
        return outputs;
    }

    void output(String name, Value value) {
        outputs.put(name, value);
    }

    private Value value(Elements type, int[] extents, @Nullable Object constant) {
        return new Value(ids++, type, extents.clone(), constant);
    }

    /** Returns a constant; does not copy the values. */
    Value constant(float[] values, int... extents) {
        return values.length > SMALL
                ? value(Elements.FLOAT, extents, values)
                : small.computeIfAbsent(
                        key(Elements.FLOAT, extents, Arrays.toString(values)),
                        k -> value(Elements.FLOAT, extents, values));
    }

    Value scalar(float value) {
        return constant(new float[] {value});
    }

    Value longs(long... values) {
        return small.computeIfAbsent(
                key(Elements.INT64, new int[] {values.length}, Arrays.toString(values)),
                k -> value(Elements.INT64, new int[] {values.length}, values));
    }

    private static List<Object> key(Object what, int[] numbers, Object more) {
        return List.of(what, Arrays.toString(numbers), more);
    }

    /** Adds a float node without attributes. */
    Value add(String op, int[] extents, Value... inputs) {
        return add(op, Elements.FLOAT, extents, Map.of(), inputs);
    }

    Value add(String op, Elements type, int[] extents, Map<String, Object> attributes, Value... inputs) {
        Value output = value(type, extents, null);
        nodes.add(new Node(op, List.of(inputs), output, new TreeMap<>(attributes)));
        return output;
    }

    /** Adds a node of two values with broadcasting. */
    Value two(String op, Value a, Value b) {
        Shape shape = Shape.broadcast(Shape.of(a.extents()), Shape.of(b.extents()));
        return add(op, shape.toArray(), a, b);
    }

    /** Reshapes a value to a shape with the same number of elements. */
    Value reshape(Value x, int... extents) {
        if (Arrays.equals(x.extents(), extents)) {
            return x;
        }
        return derived.computeIfAbsent(
                key("reshape", extents, x),
                k -> x.constant() == null
                        ? add("Reshape", x.type(), extents, Map.of(), x)
                        : value(x.type(), extents, x.constant()));
    }

    /** Transposes a value: axis a of the result is axis {@code axes[a]} of x. */
    Value transpose(Value x, int... axes) {
        int[] extents = new int[axes.length];
        boolean same = true;
        for (int a = 0; a < axes.length; a++) {
            extents[a] = x.extents()[axes[a]];
            same &= axes[a] == a;
        }
        if (same) {
            return x;
        }
        return derived.computeIfAbsent(key("transpose", axes, x), k -> {
            float[] values = x.floats();
            return values == null
                    ? add("Transpose", x.type(), extents, Map.of("perm", longsOf(axes)), x)
                    : constant(transposed(values, x.extents(), axes, extents), extents);
        });
    }

    private static float[] transposed(float[] x, int[] from, int[] axes, int[] to) {
        int[] strides = new int[from.length];
        int stride = 1;
        for (int a = from.length - 1; a >= 0; a--) {
            strides[a] = stride;
            stride *= from[a];
        }
        float[] y = new float[x.length];
        int[] at = new int[to.length];
        int source = 0;
        for (int i = 0; i < y.length; i++) {
            y[i] = x[source];
            for (int a = to.length - 1; a >= 0; a--) {
                source += strides[axes[a]];
                if (++at[a] < to[a]) {
                    break;
                }
                source -= to[a] * strides[axes[a]];
                at[a] = 0;
            }
        }
        return y;
    }

    /** Returns {@code length} positions of an axis from {@code start} on. */
    Value slice(Value x, int axis, int start, int length) {
        if (start == 0 && length == x.extents()[axis]) {
            return x;
        }
        int[] extents = x.extents().clone();
        extents[axis] = length;
        return derived.computeIfAbsent(key("slice", new int[] {axis, start, length}, x), k -> {
            float[] values = x.floats();
            return values == null
                    ? add("Slice", x.type(), extents, Map.of(), x, longs(start), longs(start + length), longs(axis))
                    : constant(sliced(values, x.extents(), axis, start, length), extents);
        });
    }

    private static float[] sliced(float[] x, int[] from, int axis, int start, int length) {
        int inner = 1;
        for (int a = axis + 1; a < from.length; a++) {
            inner *= from[a];
        }
        int outer = x.length / (inner * from[axis]);
        float[] y = new float[outer * length * inner];
        for (int o = 0; o < outer; o++) {
            System.arraycopy(x, (o * from[axis] + start) * inner, y, o * length * inner, length * inner);
        }
        return y;
    }

    static long[] longsOf(int... values) {
        return Arrays.stream(values).asLongStream().toArray();
    }

    /** Returns the nodes that the outputs need, in order. */
    List<Node> needed() {
        Set<Value> wanted = new HashSet<>(outputs.values());
        List<Node> needed = new ArrayList<>();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.get(i);
            if (wanted.contains(node.output)) {
                needed.add(node);
                wanted.addAll(node.inputs);
            }
        }
        Collections.reverse(needed);
        return needed;
    }
}
