package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The result of a command.
 *
 * @param code exit code
 * @param out standard output
 * @param err standard error
 */
record CommandRun(int code, String out, String err) {
    /** Runs a command in this JVM. */
    static CommandRun of(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(new PrintWriter(out), new PrintWriter(err), strings(args));
        return new CommandRun(code, out.toString(), err.toString());
    }

    /** Runs a command that must succeed, and returns its output. */
    static String succeeding(Object... args) {
        CommandRun run = of(args);
        assertEquals(0, run.code, run.err);
        assertEquals(List.of(), run.errors(), run.err);
        return run.out;
    }

    /** Returns a command line for a separate JVM that starts fast: scalar kernels, no C2. */
    static List<String> commandLine(List<String> jvmOptions, Object... args) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Drlr.cpu.kernels=scalar",
                "-Djava.awt.headless=true",
                "-XX:-UsePerfData",
                "-XX:TieredStopAtLevel=1",
                "--add-modules=jdk.incubator.vector"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(strings(args)));
        return command;
    }

    /** Runs a command line to its end; its output goes through files in a folder. */
    static CommandRun process(Path folder, List<String> command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", ".txt");
        Path err = Files.createTempFile(folder, "err", ".txt");
        int code = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start()
                .waitFor();
        return new CommandRun(code, Files.readString(out), Files.readString(err));
    }

    private static String[] strings(Object... args) {
        String[] strings = new String[args.length];
        for (int i = 0; i < args.length; i++) {
            strings[i] = args[i].toString();
        }
        return strings;
    }

    /** Returns the lines with errors; carriage returns of progress bars count as line ends. */
    List<String> errors() {
        return err.lines()
                .flatMap(line -> line.lines())
                .filter(line -> line.startsWith("error: "))
                .toList();
    }

    /** Checks for exit code 1 and one line that mentions all of these. */
    void assertFailure(Object... mentions) {
        assertEquals(1, code, err);
        assertEquals(1, errors().size(), err);
        assertMentions(errors().get(0), mentions);
    }

    /** Checks for exit code 2 and a first line that mentions all of these. */
    void assertWrongUsage(Object... mentions) {
        assertEquals(2, code, err);
        assertMentions(err.lines().findFirst().orElse(""), mentions);
        assertEquals("", out);
    }

    private void assertMentions(String line, Object... mentions) {
        for (Object mention : mentions) {
            assertTrue(line.contains(mention.toString()), "'" + mention + "' is not in: " + line);
        }
        assertFalse(err.contains("\tat "), err);
    }
}
