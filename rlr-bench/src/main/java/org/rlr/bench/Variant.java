package org.rlr.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Another way to run our side.
 *
 * @param name its column
 * @param java the JVM; null for the one that runs this
 * @param arguments options of the JVM
 * @param classPath null for that of this process
 */
record Variant(String name, String java, List<String> arguments, String classPath) {
    static final Variant PLAIN = new Variant("", null, List.of(), null);

    static Variant ofClassPath(String classPath) {
        return new Variant("", null, List.of(), classPath);
    }

    /** {@code NAME=ARGUMENTS}. @throws IllegalArgumentException if the text is not so */
    static Variant parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no variant; write one such as avx2=-XX:UseAVX=2 or jdk25=/opt/jdk25/bin/java");
        }
        List<String> arguments =
                new ArrayList<>(Arrays.asList(text.substring(equals + 1).strip().split("\\s+")));
        String java = arguments.get(0).startsWith("-") ? null : arguments.remove(0);
        return new Variant(text.substring(0, equals).strip(), java, arguments, null);
    }
}
