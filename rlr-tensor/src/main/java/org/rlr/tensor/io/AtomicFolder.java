package org.rlr.tensor.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;

/**
 * Makes a folder of files that are good only together. They are written to a hidden temporary folder, which is renamed
 * when all are there. A run that fails or is ended leaves nothing under the folder's name; what a killed process leaves
 * is removed by the next write beside it, as {@link AtomicFile} has it.
 */
public final class AtomicFolder {
    private AtomicFolder() {}

    /** Makes a folder's content. */
    @FunctionalInterface
    public interface Content<T> {
        /**
         * Writes everything.
         *
         * @param folder an empty folder, for the time being
         * @return what the caller gets
         */
        T writeTo(Path folder);
    }

    /**
     * Makes a folder. One that is there and empty stays the same folder: the temporary one is inside it, and what was
     * written is renamed entry by entry.
     *
     * @param <T> what the content tells
     * @param target the folder, missing or empty; those above it are made where they are missing
     * @param setting what names the folder, for the remedy of errors
     * @param content makes what is to be in it; called once
     * @return what the content returned
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

    /** What is there already would be taken for part of the new content. */
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
