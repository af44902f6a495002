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

/** Converts I/O exceptions, whose class often carries the reason, to text for messages. */
public final class IoReason {
    private IoReason() {}

    /**
     * Returns the reason without the class name. Names the exception's file, if any; it may be a parent folder of the
     * requested one.
     *
     * @param e the exception
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
            return file + " is not a folder";
        }
        if (e instanceof DirectoryNotEmptyException) {
            return "the folder " + file + " is not empty";
        }
        if (e instanceof FileSystemLoopException) {
            return "the links of " + file + " form a loop";
        }
        return failed.getReason() == null ? file + ": " + e.getClass().getSimpleName() : failed.getReason();
    }

    /**
     * Returns the place of a JSON error from Gson's message, without its advice to programmers.
     *
     * @param e the parser's exception
     * @return part of a sentence
     */
    public static String ofJson(RuntimeException e) {
        return "it is not valid JSON" + SafeTensorsHeader.place(e.getMessage());
    }
}
