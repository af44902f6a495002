package org.rlr.model.cli;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Handles file names on the command line, including non-ASCII letters. On Linux, Java decodes them by the locale;
 * without a locale ({@code LC_ALL=C}, as in containers and cron jobs) it decodes them as ASCII.
 */
final class FileNames {
    private static final String VARIABLE = "LC_ALL";
    private static final String UTF_8 = "C.UTF-8";
    private static final Pattern PLAIN = Pattern.compile("[\\w./:@%+,=-]+");

    private FileNames() {}

    /**
     * Returns the environment variables that a JVM needs to handle all file names; empty if a locale is set, with any
     * encoding.
     */
    static Map<String, String> environment() {
        return asciiOnly() ? Map.of(VARIABLE, UTF_8) : Map.of();
    }

    /** Returns the error if the arguments were decoded wrongly, else null. */
    static @Nullable String damage(String... args) {
        return !asciiOnly()
                ? null
                : Arrays.stream(args)
                        .filter(arg -> !StandardCharsets.US_ASCII.newEncoder().canEncode(arg))
                        .findFirst()
                        .map(FileNames::message)
                        .orElse(null);
    }

    /** Returns whether the name of the working folder cannot be decoded; then relative paths do not work. */
    static boolean unreadableFolder() {
        String encoding = System.getProperty("sun.jnu.encoding");
        return encoding != null
                && Charset.isSupported(encoding)
                && !Charset.forName(encoding).newEncoder().canEncode(System.getProperty("user.dir"));
    }

    /** Returns the error for a working folder that cannot be decoded. */
    static String folderMessage() {
        return "the working folder " + message(System.getProperty("user.dir"));
    }

    /** Returns the error for a path that Java rejects. */
    static String message(InvalidPathException e) {
        return asciiOnly()
                ? message(e.getInput())
                : "the path '" + e.getInput() + "' is not valid (" + e.getReason() + "); check it";
    }

    private static String message(String text) {
        return "'" + text.replace('\ufffd', '?')
                + "' has letters that cannot be read without a locale; set one, as in: " + VARIABLE + "=" + UTF_8
                + " rlr ...";
    }

    /**
     * Quotes a name for a shell: in single quotes if it contains special characters, and as bash's {@code $'…'} if it
     * contains characters that {@link #printable} escapes.
     */
    static String quoted(Object path) {
        String name = path.toString();
        if (PLAIN.matcher(name).matches()) {
            return name;
        }
        return printable(name).equals(name)
                ? "'" + name.replace("'", "'\\''") + "'"
                : "$'" + printable(name.replace("\\", "\\\\").replace("'", "\\'")) + "'";
    }

    /**
     * Escapes a text from outside, such as a file name or a class name: characters that move a terminal's cursor,
     * change its colours or begin another cell or line of a table become {@code \\u001b} and the like.
     */
    static String printable(Object text) {
        String given = text.toString();
        StringBuilder shown = new StringBuilder();
        given.codePoints().forEach(c -> {
            int type = Character.getType(c);
            if (Character.isISOControl(c)
                    || type == Character.FORMAT
                    || type == Character.LINE_SEPARATOR
                    || type == Character.PARAGRAPH_SEPARATOR) {
                shown.append(String.format("\\u%04x", c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }

    private static boolean asciiOnly() {
        String encoding = System.getProperty("sun.jnu.encoding");
        return encoding != null
                && Charset.isSupported(encoding)
                && Charset.forName(encoding).equals(StandardCharsets.US_ASCII);
    }
}
