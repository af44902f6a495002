package org.rlr.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs Python with PyTorch, for comparison tests. The system property {@value #PROPERTY} names the interpreter; the
 * default is {@code python3}. Without PyTorch, tests are skipped with a message.
 */
public final class Python {
    /** The property for the interpreter. */
    public static final String PROPERTY = "rlr.python";

    private Python() {}

    private static String interpreter() {
        String named = System.getProperty(PROPERTY, "");
        return named.isBlank() ? "python3" : named;
    }

    /** Skips the test if the default Python lacks these modules; fails if a named interpreter lacks them. */
    public static void assumeModules(String... modules) {
        String imports = "import " + String.join(", ", modules);
        int code;
        try {
            code = new ProcessBuilder(interpreter(), "-c", imports)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            code = -1;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (!System.getProperty(PROPERTY, "").isBlank()) {
            assertEquals(0, code, interpreter() + " (-D" + PROPERTY + ") cannot " + imports);
        }
        assumeTrue(code == 0, interpreter() + " cannot " + imports + "; name another Python with -D" + PROPERTY);
    }

    /** Runs a program, which must succeed, and returns its output. */
    public static String run(String program, Object... arguments) {
        List<String> command = new ArrayList<>(List.of(interpreter(), "-c", program));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        try {
            Path errors = Files.createTempFile("python", ".txt");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectError(errors.toFile())
                        .start();
                String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertEquals(0, process.waitFor(), () -> read(errors));
                return out;
            } finally {
                Files.delete(errors);
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
