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

/** Lists folders in an order that is the same on every machine. */
final class Folders {
    /**
     * Compares names by code unit: with the order of a file system or locale, equal seeds would give different results
     * on different machines.
     */
    static final Comparator<Path> BY_NAME =
            Comparator.comparing(path -> path.getFileName().toString());

    private Folders() {}

    /** Returns the folders directly inside a folder, sorted, without hidden ones. */
    static List<Path> subfolders(Path folder) {
        return entries(folder, Files::isDirectory);
    }

    /** Returns the files directly inside a folder that pass a test, sorted, without hidden ones. */
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

    /**
     * Returns the folder directly inside another whose name, ignoring case, is the first of the names that occurs; or
     * null.
     */
    static @Nullable Path subfolder(Path folder, String... names) {
        List<Path> found = named(folder, names);
        return found.isEmpty() ? null : found.get(0);
    }

    /**
     * Returns the folders directly inside another whose name is the first of the names that occurs: several if they
     * differ only in case or in the encoding of accented letters. Some systems treat such names as one folder.
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

    /** Resolves a relative path with slashes against a folder; empty if it is invalid or leads out of the folder. */
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

    /** Returns a file's name without its suffix. */
    static String stem(Path file) {
        String name = composed(file.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    /** Returns the name of a folder, even if the path is {@code .} or ends in {@code ..}. */
    static String nameOf(Path folder) {
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return name == null ? folder.toString() : composed(name);
    }

    /** Composes each accented letter to one character: a Mac stores two, but the name is the same. */
    private static String composed(Path name) {
        return Normalizer.normalize(name.toString(), Normalizer.Form.NFC);
    }

    /** Returns an exception's message, or its kind if it has none; explains file system exceptions. */
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
