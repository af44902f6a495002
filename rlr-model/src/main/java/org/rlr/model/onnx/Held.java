package org.rlr.model.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Shape;

/**
 * The content of a tensor: a value with channels last, as in this program, or with channels first, as in ONNX's
 * convolutions, or both. The other order is created on demand.
 */
final class Held {
    private static final int IMAGE_RANK = 4;

    private final Graph graph;
    private final Shape shape;
    private final Map<Shape, Held> reshaped = new HashMap<>();
    private @Nullable Value plain;
    private @Nullable Value channelsFirst;

    private Held(Graph graph, Shape shape, @Nullable Value plain, @Nullable Value channelsFirst) {
        this.graph = graph;
        this.shape = shape;
        this.plain = plain;
        this.channelsFirst = channelsFirst;
    }

    static Held plain(Graph graph, Value value) {
        return new Held(graph, Shape.of(value.extents()), value, null);
    }

    /** @param value the value {@code [N, C, H, W]} of a tensor {@code [N, H, W, C]} */
    static Held channelsFirst(Graph graph, Value value) {
        int[] e = value.extents();
        return new Held(graph, Shape.of(e[0], e[2], e[3], e[1]), null, value);
    }

    Shape shape() {
        return shape;
    }

    /** Returns the value in the order of {@link #shape}. */
    Value plain() {
        Value value = plain;
        if (value == null) {
            value = graph.transpose(Objects.requireNonNull(channelsFirst), 0, 2, 3, 1);
            plain = value;
        }
        return value;
    }

    /** Returns the value {@code [N, C, H, W]} of a tensor {@code [N, H, W, C]}. */
    Value channelsFirst() {
        Value value = channelsFirst;
        if (value == null) {
            value = graph.transpose(plain(), 0, 3, 1, 2);
            channelsFirst = value;
        }
        return value;
    }

    boolean hasChannelsFirst() {
        return channelsFirst != null;
    }

    /**
     * Returns the value to combine with channels-first values, by broadcasting; null if that needs a reordering at run
     * time.
     */
    @Nullable
    Value besideChannelsFirst() {
        if (channelsFirst != null) {
            return channelsFirst;
        }
        if (plain == null || plain.constant() == null || shape.rank() > IMAGE_RANK) {
            return null;
        }
        if (shape.rank() == 0) {
            return plain;
        }
        int[] padded = new int[IMAGE_RANK];
        Arrays.fill(padded, 1);
        System.arraycopy(shape.toArray(), 0, padded, IMAGE_RANK - shape.rank(), shape.rank());
        return graph.transpose(graph.reshape(plain, padded), 0, 3, 1, 2);
    }

    /** Applies an elementwise function in the existing order. */
    Held map(UnaryOperator<Value> function) {
        return channelsFirst == null
                ? plain(graph, function.apply(plain()))
                : channelsFirst(graph, function.apply(channelsFirst));
    }

    /** Returns the same elements under another shape. */
    Held as(Shape other) {
        return other.equals(shape)
                ? this
                : reshaped.computeIfAbsent(other, s -> plain(graph, graph.reshape(plain(), s.toArray())));
    }

    /** Returns a window of whole rows of the first axis, row-major, under a shape; null for any other window. */
    @Nullable
    Held part(int offset, Shape window) {
        if (window.rank() == 0) {
            return null;
        }
        int row = window.span(1, window.rank());
        if (row == 0 || offset % row != 0 || shape.elements() % row != 0) {
            return null;
        }
        Value rows = as(window.with(0, shape.elements() / row)).plain();
        return plain(graph, graph.slice(rows, 0, offset / row, window.dim(0)));
    }
}
