package org.rlr.cuda.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The signature of a kernel: the fields of its single argument, a struct. Only the kernel file declares them; launches
 * with other arguments are refused.
 */
final class Signature {
    /** A field: its name, type, number of values and offset in the struct. */
    record Field(String name, Type type, int count, int offset) {}

    enum Type {
        POINTER(8),
        INT(4),
        FLOAT(4),
        DOUBLE(8),
        LONG(8);

        final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }
    }

    private static final Pattern FIELD =
            Pattern.compile("\\s*(?:const\\s+)?(\\w+)\\s*(\\*?)\\s*(\\w+)\\s*(?:\\[(\\d+)])?\\s*");

    final List<Field> fields = new ArrayList<>();
    final int bytes;

    private Signature(String kernel, String struct) {
        int end = 0;
        int alignment = 1;
        for (String declaration : struct.replaceAll("//.*", "").split(";", -1)) {
            if (declaration.isBlank()) {
                continue;
            }
            Matcher m = FIELD.matcher(declaration);
            if (!m.matches()) {
                throw new IllegalArgumentException(
                        "kernel " + kernel + ": cannot read the field '" + declaration.strip() + "'");
            }
            Type type = m.group(2).isEmpty() ? scalar(kernel, m.group(1)) : Type.POINTER;
            int count = m.group(4) == null ? 1 : Integer.parseInt(m.group(4));
            int offset = (end + type.bytes - 1) / type.bytes * type.bytes;
            fields.add(new Field(m.group(3), type, count, offset));
            end = offset + count * type.bytes;
            alignment = Math.max(alignment, type.bytes);
        }
        bytes = (end + alignment - 1) / alignment * alignment;
    }

    private static Type scalar(String kernel, String type) {
        return switch (type) {
            case "int" -> Type.INT;
            case "float" -> Type.FLOAT;
            case "double" -> Type.DOUBLE;
            case "int64" -> Type.LONG;
            default ->
                throw new IllegalArgumentException(
                        "kernel " + kernel + ": the field type " + type + " is not supported");
        };
    }

    /** The signature of {@code extern "C" __global__ void kernel(const Struct a)}. */
    static Signature of(String source, String kernel) {
        Matcher m = Pattern.compile("__global__\\s+void\\s+(?:__launch_bounds__\\([^)]*\\)\\s*)?" + kernel
                        + "\\s*\\(\\s*const\\s+(\\w+)\\s+\\w+\\s*\\)")
                .matcher(source);
        if (!m.find()) {
            throw new IllegalArgumentException("there is no kernel " + kernel);
        }
        Matcher s =
                Pattern.compile("struct\\s+" + m.group(1) + "\\s*\\{([^}]*)}").matcher(source);
        if (!s.find()) {
            throw new IllegalArgumentException(
                    "kernel " + kernel + " takes a struct " + m.group(1) + " that is not declared");
        }
        return new Signature(kernel, s.group(1));
    }
}
