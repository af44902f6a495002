package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Reports a wrong command line in one plain sentence; picocli would print the whole help and use technical words. */
final class Misuse {
    private Misuse() {}

    /** Prints the error and returns the exit code. */
    static int report(ParameterException e, String... args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        Main.error(err, message(e));
        UnmatchedArgumentException.printSuggestions(e, err);
        if (command.getSubcommands().isEmpty()) {
            err.println("'" + command.getCommandSpec().qualifiedName() + " --help' lists the options");
        } else {
            command.usage(err);
        }
        err.flush();
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    private static String message(ParameterException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidPathException path) {
                return FileNames.message(path);
            }
        }
        return String.valueOf(e.getMessage())
                .replaceAll(" is not an? (int|long)$", " is not a usable whole number")
                .replaceAll(" is not an? (float|double)$", " is not a number");
    }
}
