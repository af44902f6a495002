package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import picocli.CommandLine;

/** A service in this JVM, and a client of it. */
final class ServiceRun implements AutoCloseable {
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
    final ServedModel model;
    final DetectionService service;

    /** A service that listens but has no model. */
    ServiceRun(Path file, String... options) {
        ServeOptions parsed = CommandLine.populateCommand(new ServeOptions(), options);
        parsed.check();
        ServeMetrics metrics = new ServeMetrics();
        // the warm-up of a tiny model takes longer than the tests
        model = new ServedModel(file, () -> parsed.detector().warmUp(false).openBackend(backend), metrics::steps);
        service = new DetectionService(parsed, model, metrics);
        service.start();
    }

    /** Starts a service of the tiny model on a free port. */
    static ServiceRun ofTinyModel(String... options) {
        ServiceRun run = new ServiceRun(TinyModel.model(), onFreePort(options));
        run.model.load();
        return run;
    }

    static String[] onFreePort(String... options) {
        String[] all = new String[options.length + 2];
        all[0] = "--port";
        all[1] = "0";
        System.arraycopy(options, 0, all, 2, options.length);
        return all;
    }

    HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(service.address() + path));
    }

    HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
        return send(to(path));
    }

    HttpResponse<byte[]> post(String path, String type, byte[] body) throws IOException, InterruptedException {
        return send(to(path).header("Content-Type", type).POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    /** Posts bytes to another server of this machine, whose answer does not matter. */
    static void sendTo(int port, byte[] body) throws IOException, InterruptedException {
        HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                                .build(),
                        HttpResponse.BodyHandlers.discarding());
    }

    static JsonObject json(HttpResponse<byte[]> answer) {
        return JsonParser.parseString(new String(answer.body(), StandardCharsets.UTF_8))
                .getAsJsonObject();
    }

    /** Checks that an answer is problem details without details of the machine. @return them */
    static JsonObject problem(HttpResponse<byte[]> answer, int status, String reason) {
        String text = new String(answer.body(), StandardCharsets.UTF_8);
        assertEquals(status, answer.statusCode(), text);
        assertEquals(
                "application/problem+json",
                answer.headers().firstValue("Content-Type").orElse(""));
        JsonObject json = json(answer);
        assertEquals(Set.of("type", "title", "status", "detail", "reason"), json.keySet());
        assertEquals(status, json.get("status").getAsInt());
        assertEquals(reason, json.get("reason").getAsString());
        assertFalse(
                text.contains("/")
                        && text.contains(TinyModel.model().getParent().toString()),
                text);
        assertFalse(text.contains("org.rlr") || text.contains("Exception"), text);
        return json;
    }

    /** Returns a metric of the service. */
    double figure(String name) throws IOException, InterruptedException {
        return new String(get("metrics").body(), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
    }

    /** A connection for requests that no HTTP client sends. */
    Socket connect() throws IOException {
        return new Socket(service.address().getHost(), service.address().getPort());
    }

    static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    /** Returns all bytes until the end of the connection. */
    static String readAll(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** Returns a form with a file. */
    static byte[] form(String boundary, String fileName, byte[] file) {
        byte[] head = ("--" + boundary + "\r\nContent-Disposition: form-data; name=\"image\"; filename=\"" + fileName
                        + "\"\r\nContent-Type: image/png\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8);
        byte[] tail = ("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[head.length + file.length + tail.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(file, 0, all, head.length, file.length);
        System.arraycopy(tail, 0, all, head.length + file.length, tail.length);
        return all;
    }

    @Override
    public void close() {
        service.close();
        backend.close();
    }
}
