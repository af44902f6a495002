package org.rlr.tensor.io;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * Why reading or writing a file failed, in words that fit into a message: Java says it by the class of the exception.
 */
public final class IoReason {
    private IoReason() {}

    /**
     * The reason, without the class's name; a file is named where the exception is about one, which may be a folder
     * above the one asked for.
     *
     * @param e what was thrown
     * @return part of a sentence
     */
    public static String of(IOException e) {
        if (e instanceof CharacterCodingException) {
            return "it is not text in UTF-8";
        }
        if (!(e instanceof FileSystemException failed)) {
            return e.getMessage() == null || e.getMessage().isBlank()
                    ? e.getClass().getSimpleName()
                    : e.getMessage();
        }
        String file = failed.getFile() == null ? "it" : failed.getFile();
        if (e instanceof NoSuchFileException) {
            return file + " does not exist";
        }
        if (e instanceof AccessDeniedException) {
            return "no permission for " + file;
        }
        if (e instanceof FileAlreadyExistsException) {
            return file + " exists already";
        }
        if (e instanceof NotDirectoryException) {
            return file + " is no folder";
        }
        if (e instanceof DirectoryNotEmptyException) {
            return "the folder " + file + " is not empty";
        }
        if (e instanceof FileSystemLoopException) {
            return "links lead from " + file + " back to itself";
        }
        return failed.getReason() == null ? file + ": " + e.getClass().getSimpleName() : failed.getReason();
    }

    /**
     * Where Gson found that a text is no JSON, without its advice to programmers.
     *
     * @param e what the parser threw
     * @return part of a sentence
     */
    public static String ofJson(RuntimeException e) {
        return "it is not valid JSON" + SafeTensorsHeader.place(e.getMessage());
    }
}
