package org.rlr.model.cli;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * File names on the command line, also with other than ASCII letters: on Linux, Java makes text of them by the encoding
 * of the locale, and without a locale ({@code LC_ALL=C}, as in containers and cron jobs) that is ASCII.
 */
final class FileNames {
    private static final String VARIABLE = "LC_ALL";
    private static final String UTF_8 = "C.UTF-8";
    private static final Pattern PLAIN = Pattern.compile("[\\w./:@%+,=-]+");

    private FileNames() {}

    /**
     * What the environment of a JVM lacks to handle all file names; nothing where there is a locale, whatever its
     * encoding.
     */
    static Map<String, String> environment() {
        return asciiOnly() ? Map.of(VARIABLE, UTF_8) : Map.of();
    }

    /** Why the arguments are not what the user wrote; null where they are. */
    static @Nullable String damage(String... args) {
        return !asciiOnly()
                ? null
                : Arrays.stream(args)
                        .filter(arg -> !StandardCharsets.US_ASCII.newEncoder().canEncode(arg))
                        .findFirst()
                        .map(FileNames::message)
                        .orElse(null);
    }

    /** Whether the name of the working folder cannot be read, so that there are no relative paths. */
    static boolean unreadableFolder() {
        String encoding = System.getProperty("sun.jnu.encoding");
        return encoding != null
                && Charset.isSupported(encoding)
                && !Charset.forName(encoding).newEncoder().canEncode(System.getProperty("user.dir"));
    }

    /** What to do about the working folder, in a sentence. */
    static String folderMessage() {
        return "the working folder " + message(System.getProperty("user.dir"));
    }

    /** What to do about a path that Java does not take, in a sentence. */
    static String message(InvalidPathException e) {
        return asciiOnly()
                ? message(e.getInput())
                : "the path '" + e.getInput() + "' cannot be a file's (" + e.getReason() + "); check it";
    }

    private static String message(String text) {
        return "'" + text.replace('\ufffd', '?')
                + "' has letters that cannot be read without a locale; set one, as in: " + VARIABLE + "=" + UTF_8
                + " rlr ...";
    }

    /**
     * A name as a command line takes it: in single quotes where it holds what a shell would not take as it is, and as
     * bash's {@code $'…'} with escapes where it holds what {@link #printable} does not show.
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
     * A text from outside, as a name of a file or of a model's class, without characters that move a terminal's cursor,
     * change its colours or begin another cell or line of a table: those become {@code \\u001b} and the like.
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
