package org.rlr.tensor.io;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a pickle of PyTorch without running anything: the protocol 2 opcodes that {@code torch.save} writes, and the
 * few globals of {@link TorchGlobals}, which map to values and are never looked up or called. Everything else is
 * refused by name. Work is bounded: an opcode costs constant time, and at most {@link #MOST_OPCODES} are allowed.
 */
final class Unpickler {
    /** Ten thousand tensors need a third of these. */
    static final int MOST_OPCODES = 1_000_000;

    private static final int PROTOCOL = 2;

    private final PickleInput in;
    private final TorchGlobals globals;
    private final ArrayList<@Nullable Object> stack = new ArrayList<>();
    private final ArrayList<Integer> marks = new ArrayList<>();
    private final Map<Long, @Nullable Object> memo = new HashMap<>();

    /** A tuple; unlike a list, it is immutable. */
    record Tuple(List<@Nullable Object> items) {
        int size() {
            return items.size();
        }

        @Nullable
        Object get(int i) {
            return items.get(i);
        }
    }

    Unpickler(PickleInput in, TorchGlobals globals) {
        this.in = in;
        this.globals = globals;
    }

    /**
     * Returns the pickle's value, with null for None; it may share parts and contain itself, see {@link PickleTree}.
     */
    @Nullable
    Object load() {
        for (int count = 0; count < MOST_OPCODES; count++) {
            int opcode = in.next();
            if (opcode == '.') {
                Object value = pop();
                if (!stack.isEmpty() || !marks.isEmpty()) {
                    throw damaged("its pickle ends with " + stack.size() + " values left over");
                }
                return value;
            }
            execute(opcode);
        }
        throw TorchCheckpoint.refused(in.origin(), "its pickle has more than " + MOST_OPCODES + " opcodes");
    }

    private void execute(int opcode) {
        switch (opcode) {
            case 0x80 -> protocol(in.next());
            case '(' -> marks.add(stack.size());
            case 'N' -> push(null);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'K' -> push(in.unsigned(1));
            case 'M' -> push(in.unsigned(2));
            case 'J' -> push((long) (int) in.unsigned(4));
            case 0x8a -> push(integer(in.bytes(in.next())));
            case 'G' -> push(ByteBuffer.wrap(in.bytes(8)).getDouble());
            case 'X' -> push(in.string(in.unsigned(4)));
            case ')' -> push(new Tuple(List.of()));
            case 0x85, 0x86, 0x87 -> push(new Tuple(popMany(stack.size() - (opcode - 0x84))));
            case 't' -> push(new Tuple(popMany(popMark())));
            case ']' -> push(new ArrayList<>());
            case '}' -> push(new LinkedHashMap<>());
            case 'a' -> {
                Object item = pop();
                list().add(item);
            }
            case 'e' -> {
                List<@Nullable Object> items = popMany(popMark());
                list().addAll(items);
            }
            case 's' -> setItems(popMany(stack.size() - 2));
            case 'u' -> setItems(popMany(popMark()));
            case 'q' -> memo.put(in.unsigned(1), top());
            case 'r' -> memo.put(in.unsigned(4), top());
            case 'h' -> push(memo(in.unsigned(1)));
            case 'j' -> push(memo(in.unsigned(4)));
            case 'c' -> push(globals.named(in.line(), in.line()));
            case 'R' -> {
                Object arguments = pop();
                push(globals.reduce(pop(), arguments));
            }
            case 'b' -> {
                Object state = pop();
                globals.build(top(), state);
            }
            case 'Q' -> push(globals.storage(pop()));
            default ->
                throw TorchCheckpoint.refused(
                        in.origin(),
                        "its pickle uses the opcode " + PickleOpcodes.name(opcode)
                                + ", which torch.save does not write with its default protocol");
        }
    }

    private void protocol(int version) {
        if (version != PROTOCOL) {
            throw TorchCheckpoint.refused(
                    in.origin(),
                    "its pickle uses protocol " + version + "; only torch.save's default " + PROTOCOL
                            + " is supported");
        }
    }

    /** A two's complement little-endian number; a Long if it fits. */
    private static Object integer(byte[] littleEndian) {
        if (littleEndian.length == 0) {
            return 0L;
        }
        byte[] bytes = littleEndian.clone();
        for (int i = 0; i < bytes.length / 2; i++) {
            byte b = bytes[i];
            bytes[i] = bytes[bytes.length - 1 - i];
            bytes[bytes.length - 1 - i] = b;
        }
        BigInteger value = new BigInteger(bytes);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private void push(@Nullable Object value) {
        stack.add(value);
    }

    /** Values below the innermost mark are inaccessible until the mark is popped. */
    private int floor() {
        return marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
    }

    private @Nullable Object top() {
        if (stack.size() <= floor()) {
            throw damaged("its pickle pops a value from an empty stack");
        }
        return stack.get(stack.size() - 1);
    }

    private @Nullable Object pop() {
        top();
        return stack.remove(stack.size() - 1);
    }

    private int popMark() {
        if (marks.isEmpty()) {
            throw damaged("its pickle pops a mark from an empty stack");
        }
        return marks.remove(marks.size() - 1);
    }

    private List<@Nullable Object> popMany(int from) {
        if (from < floor()) {
            throw damaged("its pickle pops a value from an empty stack");
        }
        List<Object> tail = stack.subList(from, stack.size());
        List<@Nullable Object> items = Collections.unmodifiableList(Arrays.asList(tail.toArray()));
        tail.clear();
        return items;
    }

    @SuppressWarnings("unchecked") // only this class creates such lists
    private List<@Nullable Object> list() {
        if (top() instanceof ArrayList<?> list) {
            return (List<@Nullable Object>) list;
        }
        throw damaged("its pickle appends to a value that is not a list");
    }

    @SuppressWarnings("unchecked") // only this class and TorchGlobals create such maps
    private void setItems(List<@Nullable Object> items) {
        if (!(top() instanceof LinkedHashMap<?, ?> map) || items.size() % 2 != 0) {
            throw damaged("its pickle sets items of a value that is not a dict");
        }
        for (int i = 0; i < items.size(); i += 2) {
            if (!(items.get(i) instanceof String || items.get(i) instanceof Long)) {
                throw TorchCheckpoint.refused(
                        in.origin(), "a dict of its pickle has a key that is neither a string nor an integer");
            }
            ((Map<Object, @Nullable Object>) map).put(items.get(i), items.get(i + 1));
        }
    }

    private @Nullable Object memo(long index) {
        if (!memo.containsKey(index)) {
            throw damaged("its pickle refers to memo " + index + ", which it has not set");
        }
        return memo.get(index);
    }

    private TensorFileException damaged(String why) {
        return TorchCheckpoint.damaged(in.origin(), why);
    }
}
