package org.rlr.model.data;

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.io.IoReason;

/** Listing folders in an order that is the same on every machine. */
final class Folders {
    /**
     * By name, code unit by code unit: the order of a file system or a locale would change seeds' meaning from machine
     * to machine.
     */
    static final Comparator<Path> BY_NAME =
            Comparator.comparing(path -> path.getFileName().toString());

    private Folders() {}

    /** The folders directly inside a folder, sorted, without hidden ones. */
    static List<Path> subfolders(Path folder) {
        return entries(folder, Files::isDirectory);
    }

    /** The files directly inside a folder that pass a test, sorted, without hidden ones. */
    static List<Path> files(Path folder, Predicate<Path> test) {
        return entries(folder, path -> Files.isRegularFile(path) && test.test(path));
    }

    private static List<Path> entries(Path folder, Predicate<Path> test) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(path -> !path.getFileName().toString().startsWith(".") && test.test(path))
                    .sorted(BY_NAME)
                    .toList();
        } catch (IOException e) {
            throw new DataSetException(
                    "the folder " + folder + " cannot be listed (" + reason(e) + ")", "check its permissions", e);
        }
    }

    /** The folder directly inside another that has one of the names, in any case; the first name's, or null. */
    static @Nullable Path subfolder(Path folder, String... names) {
        List<Path> found = named(folder, names);
        return found.isEmpty() ? null : found.get(0);
    }

    /**
     * The folders directly inside another that have the first of the names that occurs: more than one where they differ
     * in case or in how letters with marks are stored, which some systems take for one folder.
     */
    static List<Path> named(Path folder, String... names) {
        List<Path> folders = subfolders(folder);
        return Stream.of(names)
                .map(name -> folders.stream()
                        .filter(each -> nameOf(each).equalsIgnoreCase(name))
                        .toList())
                .filter(found -> !found.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    /**
     * A relative path of a list, with slashes, as a file below a folder; empty where it is none or leads out of the
     * folder.
     */
    static Optional<Path> inside(Path folder, String relative) {
        try {
            Path file = folder.resolve(relative);
            boolean inside = file.toAbsolutePath()
                    .normalize()
                    .startsWith(folder.toAbsolutePath().normalize());
            return relative.isBlank() || Path.of(relative).isAbsolute() || !inside
                    ? Optional.empty()
                    : Optional.of(file);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** A file's name without its suffix. */
    static String stem(Path file) {
        String name = composed(file.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    /** The name of a folder even where the path is {@code .} or ends in {@code ..}. */
    static String nameOf(Path folder) {
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return name == null ? folder.toString() : composed(name);
    }

    /** Letters with marks as one character each: a Mac stores them as two, and both are the same name. */
    private static String composed(Path name) {
        return Normalizer.normalize(name.toString(), Normalizer.Form.NFC);
    }

    /** An exception's message, or its kind where it has none; of one of files what it means. */
    static String reason(Exception e) {
        if (e instanceof IOException failed) {
            return IoReason.of(failed);
        }
        if (e instanceof JsonParseException malformed) {
            return IoReason.ofJson(malformed);
        }
        return e.getMessage() == null || e.getMessage().isBlank() ? e.getClass().getSimpleName() : e.getMessage();
    }
}
