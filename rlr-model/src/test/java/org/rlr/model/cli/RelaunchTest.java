package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelaunchTest {
    private static final String NOTICE = "WARNING: Using incubator modules: jdk.incubator.vector";

    @ParameterizedTest
    @CsvSource({"1", "3", "7", "1000"})
    void onlyTheNoticeInFrontIsLeftOut(int atOnce) throws IOException {
        assertEquals("", copied("", atOnce));
        assertEquals("", copied(NOTICE + "\n", atOnce));
        assertEquals("error: x\n", copied(NOTICE + "\r\nerror: x\n", atOnce));
        assertEquals("error: x\n", copied("error: x\n", atOnce));
        assertEquals("WARN", copied("WARN", atOnce));
        assertEquals("WARNING: other\n" + NOTICE + "\n", copied("WARNING: other\n" + NOTICE + "\n", atOnce));
        String much = "x\r".repeat(10_000);
        assertEquals(much, copied(NOTICE + "\n" + much, atOnce));
    }

    private static String copied(String text, int atOnce) throws IOException {
        InputStream slow = new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)) {
            @Override
            public int read(byte[] b, int off, int len) {
                return super.read(b, off, Math.min(len, atOnce));
            }

            @Override
            public int read(byte[] b) {
                return read(b, 0, b.length);
            }
        };
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Relaunch.copyErrors(slow, out);
        return out.toString(StandardCharsets.US_ASCII);
    }

    /** The worker process must end when the user kills the process that started it. */
    @Test
    void aKilledLauncherTakesItsProcessAlong(@TempDir Path folder) throws Exception {
        assumeTrue(ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(), "this JDK has no Vector API");
        Path err = folder.resolve("err");
        // so long that only the end of its launcher stops it
        Object[] training = TinyModel.train(TinyModel.data(), folder.resolve("model"), "--epochs", "1000000");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        for (Object each : training) {
            command.add(each.toString());
        }
        Process launcher = new ProcessBuilder(command)
                .redirectError(err.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Optional<ProcessHandle> worker = Optional.empty();
        while (worker.isEmpty() && launcher.isAlive()) {
            TimeUnit.MILLISECONDS.sleep(50);
            worker = launcher.children().findFirst();
        }
        assertTrue(worker.isPresent(), Files.readString(err));
        while (worker.get().isAlive() && Files.size(err) == 0) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        assertTrue(worker.get().isAlive() && !Files.readString(err).contains("incubator"), Files.readString(err));
        launcher.destroyForcibly().waitFor();
        worker.get().onExit().get(5, TimeUnit.MINUTES);
    }
}
