package org.rlr.tensor.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;

/**
 * Creates a folder of files that belong together. They are written to a hidden temporary folder, which is renamed when
 * it is complete. A failed or cancelled run leaves no folder of that name. The next write beside it removes the files
 * of a killed process, as in {@link AtomicFile}.
 */
public final class AtomicFolder {
    private AtomicFolder() {}

    /** Writes a folder's content. */
    @FunctionalInterface
    public interface Content<T> {
        /**
         * Writes all files.
         *
         * @param folder an empty temporary folder
         * @return the result for the caller
         */
        T writeTo(Path folder);
    }

    /**
     * Creates a folder. An existing empty folder is kept: the temporary folder is created inside it and its entries are
     * then renamed one by one.
     *
     * @param <T> the result type
     * @param target the folder, missing or empty; missing parent folders are created
     * @param setting the setting that names the folder, for the remedy of errors
     * @param content writes the folder's content; called once
     * @return the result of {@code content}
     * @throws ResourceException if the folder is not empty or cannot be written
     */
    public static <T> T write(Path target, String setting, Content<T> content) {
        try {
            boolean exists = Files.exists(target);
            Path parent = exists ? target : target.toAbsolutePath().getParent();
            if (parent == null) {
                throw new IOException("it is the root of a file system");
            }
            Files.createDirectories(parent);
            TemporaryFiles.sweep(parent);
            if (exists) {
                requireEmpty(target, setting);
            }
            Path temporary = TemporaryFiles.createFolder(parent);
            try {
                T result = content.writeTo(temporary);
                if (exists) {
                    for (Path entry : entries(temporary)) {
                        Files.move(entry, target.resolve(entry.getFileName()));
                    }
                } else {
                    Files.move(temporary, target);
                }
                return result;
            } finally {
                TemporaryFiles.delete(temporary);
            }
        } catch (IOException e) {
            throw unusable("cannot write " + target + ": " + IoReason.of(e), setting, e);
        }
    }

    /** Throws if the folder has entries, which would mix with the new content. */
    private static void requireEmpty(Path folder, String setting) throws IOException {
        if (!entries(folder).isEmpty()) {
            throw unusable("the folder " + folder + " is not empty", setting, null);
        }
    }

    private static List<Path> entries(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        }
    }

    private static ResourceException unusable(String message, String setting, @Nullable IOException cause) {
        return new ResourceException(
                ResourceException.Resource.DISK,
                message,
                "choose another `" + setting + "`, a new folder or an empty one",
                cause);
    }
}
