package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small version of the load test of {@code docs/results}, on a service in a separate process. */
class ServeLoadTest {
    @Test
    void findsNoWrongAnswer(@TempDir Path folder) throws Exception {
        Path results = folder.resolve("results.json");
        Object[] args = TinyModel.detect(TinyModel.model(), TinyModel.images(), results, "--threads", 2);
        // also in a process, since other kernels round differently
        CommandRun detected = CommandRun.process(folder, CommandRun.commandLine(List.of(), args));
        assertEquals(0, detected.code(), detected.err());
        Process service = new ProcessBuilder(CommandRun.commandLine(
                        List.of("-Xmx512m"),
                        "serve",
                        "--model",
                        TinyModel.model(),
                        "--port",
                        0,
                        "--threads",
                        2,
                        "--max-body",
                        1,
                        "--body-timeout",
                        "0.3s"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var out = service.inputReader()) {
            String listening = out.readLine();
            assertTrue(String.valueOf(out.readLine()).startsWith("ready: "));
            ServeLoad load = new ServeLoad(URI.create(listening.replace("listening at ", "")), results);
            String row = load.images(50, 4);
            assertEquals(0, load.wrong(), row);
            String table = load.hostile(60);
            assertEquals(0, load.wrong(), table);
            assertTrue(table.contains("SLOW_BODY -> 408: 4\n"), table);

            // check that a wrong answer is found
            Files.writeString(
                    results, Files.readString(results).replaceFirst("\"threshold\": [0-9.]+", "\"threshold\": 0.5"));
            ServeLoad spoilt = new ServeLoad(URI.create(listening.replace("listening at ", "")), results);
            spoilt.images(10, 1);
            assertTrue(spoilt.wrong() > 0);
        } finally {
            service.destroyForcibly();
        }
    }
}
