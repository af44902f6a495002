package org.rlr.tensor.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/**
 * Saves results that took hours to compute. If the target cannot be written, for example because its disk is full, the
 * file goes under its own name to a new folder {@code rlr-kept-…} in another location, and the error names it. All
 * files are tried before {@link #requireInPlace} throws.
 */
public final class RescuedFiles {
    private final List<Path> places;
    private final List<RlrException> failures = new ArrayList<>();

    /**
     * Uses the first of these fallback locations that works: the folder for temporary files, the user's home, the
     * working folder.
     */
    public RescuedFiles() {
        this(Stream.of("java.io.tmpdir", "user.home", "user.dir")
                .map(System::getProperty)
                .map(Path::of)
                .toList());
    }

    RescuedFiles(List<Path> places) {
        this.places = List.copyOf(places);
    }

    /**
     * Writes a file, or saves it in a fallback location.
     *
     * @param target the intended path
     * @param writer writes the whole file to the given path, like {@link AtomicFile}, or throws an RlrException and
     *     leaves no file
     * @return whether the file was written to its target
     */
    public boolean write(Path target, Consumer<Path> writer) {
        try {
            writer.accept(target);
            return true;
        } catch (RlrException e) {
            failures.add(e.andRemedy(kept(target, writer, "move it to where it belongs once there is room")));
            return false;
        }
    }

    /**
     * Saves a file in a fallback location.
     *
     * @param target the intended path
     * @param writer as in {@link #write}
     * @param remedy what to do with the file
     * @return text for {@link RlrException#andRemedy}: the location and the remedy, or that no location works
     */
    public String kept(Path target, Consumer<Path> writer, String remedy) {
        Set<Path> tried = new LinkedHashSet<>();
        for (Path place : places) {
            Path folder = place.toAbsolutePath().normalize();
            Path file = tried.add(folder) ? in(folder, target.getFileName(), writer) : null;
            if (file != null) {
                return "it is kept as " + file + ": " + remedy;
            }
        }
        return "it is lost, as " + tried.stream().map(Path::toString).collect(Collectors.joining(", "))
                + " could not be written either";
    }

    /** Returns the saved file, or null on failure. */
    private static @Nullable Path in(Path place, Path name, Consumer<Path> writer) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory(place, "rlr-kept-");
            writer.accept(folder.resolve(name));
            return folder.resolve(name);
        } catch (IOException | RlrException e) {
            System.getLogger(RescuedFiles.class.getName())
                    .log(System.Logger.Level.DEBUG, "cannot save " + name + " in " + place, e);
            if (folder != null) {
                folder.toFile().delete();
            }
            return null;
        }
    }

    /**
     * Throws if any file is not at its target.
     *
     * @throws RlrException the first failure, with the location of each saved file and what to do with it
     */
    public void requireInPlace() {
        if (!failures.isEmpty()) {
            RlrException first = failures.get(0);
            failures.stream().skip(1).forEach(other -> {
                first.andRemedy(other.explanation());
                first.addSuppressed(other);
            });
            throw first;
        }
    }

    /**
     * Saves one file and throws at once if it is not at its target.
     *
     * @param target the intended path
     * @param writer as in {@link #write}
     * @throws RlrException as {@link #requireInPlace}
     */
    public static void save(Path target, Consumer<Path> writer) {
        RescuedFiles one = new RescuedFiles();
        one.write(target, writer);
        one.requireInPlace();
    }
}
