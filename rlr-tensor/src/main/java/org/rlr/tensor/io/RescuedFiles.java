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
 * Writes what took hours to compute so that a place which no longer takes it, as a disk that has become full meanwhile,
 * does not lose it: it then goes, under its own name, into a new folder {@code rlr-kept-…} of another place, which the
 * error names. All files are tried before {@link #requireInPlace} says so.
 */
public final class RescuedFiles {
    private final List<Path> places;
    private final List<RlrException> failures = new ArrayList<>();

    /**
     * Files that go into the folder of temporary files, the user's home or the working folder, whichever takes them
     * first, where their own place does not.
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
     * Writes a file, or keeps it elsewhere.
     *
     * @param target where it belongs
     * @param writer writes the whole file to the path it is given, as {@link AtomicFile} does, or throws an
     *     RlrException and leaves nothing there
     * @return whether it is in its place
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
     * Keeps a file elsewhere than in its place.
     *
     * @param target where it belongs
     * @param writer as for {@link #write}
     * @param remedy what to do with the file
     * @return where it is kept and the remedy, or that no place takes it: for {@link RlrException#andRemedy}
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
                + " did not take it either";
    }

    /** The file, if that place took it. */
    private static @Nullable Path in(Path place, Path name, Consumer<Path> writer) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory(place, "rlr-kept-");
            writer.accept(folder.resolve(name));
            return folder.resolve(name);
        } catch (IOException | RlrException e) {
            System.getLogger(RescuedFiles.class.getName())
                    .log(System.Logger.Level.DEBUG, "cannot keep " + name + " in " + place, e);
            if (folder != null) {
                folder.toFile().delete();
            }
            return null;
        }
    }

    /**
     * Says what is not in its place.
     *
     * @throws RlrException the first failure, with where each file is kept and what to do with it
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
     * One file, of which this says at once where it is not in its place.
     *
     * @param target where it belongs
     * @param writer as for {@link #write}
     * @throws RlrException as {@link #requireInPlace}
     */
    public static void save(Path target, Consumer<Path> writer) {
        RescuedFiles one = new RescuedFiles();
        one.write(target, writer);
        one.requireInPlace();
    }
}
