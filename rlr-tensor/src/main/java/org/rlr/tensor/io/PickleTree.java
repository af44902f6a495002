package org.rlr.tensor.io;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Converts a pickle's value to a tree of immutable maps, lists and values. A pickle can share parts, which a tree
 * repeats, and contain itself; limits on depth and size keep the cost below {@link #MOST_NODES} steps.
 */
final class PickleTree {
    static final int MOST_NODES = 1_000_000;
    static final int MOST_LEVELS = 64;

    private final String origin;
    private int nodes;

    private PickleTree(String origin) {
        this.origin = origin;
    }

    /**
     * Returns the tree of a value: {@code Map} (keys String or Long), {@code List} (of lists and tuples), String, Long,
     * Double, Boolean, {@link TorchTensor}, and null for None.
     */
    static @Nullable Object of(@Nullable Object value, String origin) {
        return new PickleTree(origin).copy(value, 0);
    }

    private @Nullable Object copy(@Nullable Object value, int level) {
        if (++nodes > MOST_NODES) {
            throw TorchCheckpoint.refused(origin, "its pickle expands to more than " + MOST_NODES + " values");
        }
        if (level > MOST_LEVELS) {
            throw TorchCheckpoint.refused(
                    origin, "its pickle is nested more than " + MOST_LEVELS + " levels deep, or contains itself");
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, @Nullable Object> copy = new LinkedHashMap<>();
            map.forEach((key, v) -> copy.put(key, copy(v, level + 1)));
            return Collections.unmodifiableMap(copy);
        }
        List<?> items =
                value instanceof Unpickler.Tuple tuple ? tuple.items() : value instanceof List<?> list ? list : null;
        if (items != null) {
            List<@Nullable Object> copy = new ArrayList<>();
            for (Object item : items) {
                copy.add(copy(item, level + 1));
            }
            return Collections.unmodifiableList(copy);
        }
        if (value == null
                || value instanceof String
                || value instanceof Number
                || value instanceof Boolean
                || value instanceof TorchTensor) {
            return value;
        }
        throw TorchCheckpoint.refused(origin, "it holds a " + value.getClass().getSimpleName() + " as a value");
    }
}
