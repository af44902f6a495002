package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code rlr serve} as a process, and the options that it refuses. */
class ServeCommandTest {
    @TempDir
    Path folder;

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows has no such signals")
    void obeysSignals() throws Exception {
        assumeFalse(hangUpIsIgnored(), "SIGHUP is ignored by this process and its children, as under nohup");
        Path model = folder.resolve("model");
        Files.copy(TinyModel.model(), model);
        byte[] image = TinyModel.bytes(0);
        // restarted with the Vector API: signals reach the first process, the second one does the work
        List<String> command = new ArrayList<>(CommandRun.commandLine(
                List.of(), "serve", "--model", model, "--port", 0, "--threads", 2, "--max-per-client", 1));
        assertTrue(command.remove("--add-modules=jdk.incubator.vector"));
        Process process = new ProcessBuilder(command).start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
                BufferedReader err = process.errorReader(StandardCharsets.UTF_8)) {
            URI address = URI.create(line(out, "listening at ").replace("listening at ", ""));
            assertEquals("127.0.0.1", address.getHost());
            line(out, "ready: ");
            assertEquals(200, post(address, image).statusCode());

            signal(process, "HUP");
            line(err, "note: " + model + " was reloaded");
            Path broken = Files.writeString(folder.resolve("broken"), "no model");
            Files.move(broken, model, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            signal(process, "HUP");
            assertTrue(line(err, "error: ").endsWith("; the previous model stays in use"));
            assertEquals(200, post(address, image).statusCode());

            try (Socket begun = new Socket(address.getHost(), address.getPort())) {
                ServiceRun.write(
                        begun,
                        "POST /v1/detect HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + image.length
                                + "\r\n\r\n");
                while (post(address, image).statusCode() != 429) {
                    Thread.onSpinWait();
                }
                signal(process, "TERM");
                while (post(address, image).statusCode() != 503) {
                    Thread.onSpinWait();
                }
                begun.getOutputStream().write(image);
                assertTrue(ServiceRun.readAll(begun).startsWith("HTTP/1.1 200 "));
            }
            assertEquals(128 + 15, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
    }

    /** A JVM keeps ignoring a signal that is ignored when it starts. */
    private static boolean hangUpIsIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .anyMatch(line ->
                                (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1) != 0);
    }

    private static String line(BufferedReader from, String begin) throws IOException {
        String line = from.readLine();
        while (line != null && !line.startsWith(begin)) {
            line = from.readLine();
        }
        assertNotNull(line, "no line begins with " + begin);
        return line;
    }

    private static void signal(Process process, String name) throws IOException, InterruptedException {
        assertEquals(
                0,
                new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                        .start()
                        .waitFor());
    }

    private static HttpResponse<String> post(URI address, byte[] image) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(address.resolve("v1/detect"))
                                .POST(HttpRequest.BodyPublishers.ofByteArray(image))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--max-body 0 | --max-body is 0; it must be between 1 and 1024",
                "--port 70000 | --port is 70000; it must be between 0 and 65535",
                "--max-concurrent 0 | --max-concurrent is 0; it must be between 1 and 1024",
                "--max-wait 0s | --max-wait is PT0S; it must be above 0s",
                "--host no.such.host.invalid | cannot listen on no.such.host.invalid:0: the address is "
                        + "unknown; give --host"
            })
    void refuses(String options, String message) {
        List<Object> args = new ArrayList<>(List.of("serve", "--model", TinyModel.model(), "--port", 0));
        args.addAll(List.of(options.split(" ")));
        CommandRun.of(args.toArray()).assertFailure(message);
    }

    @Test
    void refusesAPortInUseAndAModelThatIsMissing() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CommandRun.of("serve", "--model", TinyModel.model(), "--port", other.getLocalPort())
                    .assertFailure("cannot listen on 127.0.0.1:" + other.getLocalPort(), "give another --port");
        }
        CommandRun.of("serve", "--model", folder.resolve("none"), "--port", 0).assertFailure("none");
    }
}
