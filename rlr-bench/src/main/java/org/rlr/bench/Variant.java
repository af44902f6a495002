package org.rlr.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A further way to run our side.
 *
 * @param name the name of its column
 * @param java the JVM, or null for the current one
 * @param arguments options of the JVM
 * @param classPath its class path, or null for that of this process
 */
record Variant(
        String name,
        @Nullable String java,
        List<String> arguments,
        @Nullable String classPath) {
    static final Variant PLAIN = new Variant("", null, List.of(), null);

    static Variant ofClassPath(String classPath) {
        return new Variant("", null, List.of(), classPath);
    }

    /** Parses {@code NAME=ARGUMENTS}. @throws IllegalArgumentException if the text has another form */
    static Variant parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("'" + text
                    + "' is not a variant; write for example avx2=-XX:UseAVX=2 or jdk25=/opt/jdk25/bin/java");
        }
        List<String> arguments =
                new ArrayList<>(Arrays.asList(text.substring(equals + 1).strip().split("\\s+", -1)));
        String java = arguments.get(0).startsWith("-") ? null : arguments.remove(0);
        return new Variant(text.substring(0, equals).strip(), java, arguments, null);
    }
}
