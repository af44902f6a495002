package org.rlr.model.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;

/**
 * Load for a service in another process. It needs only this class and {@code rlr.jar}:
 *
 * <pre>{@code
 * rlr detect --model MODEL --json RESULTS IMAGE…
 * java -cp rlr-model/target/test-classes:rlr-model/target/rlr.jar org.rlr.model.cli.ServeLoad URL RESULTS REQUESTS CLIENTS…
 * java -cp rlr-model/target/test-classes:rlr-model/target/rlr.jar org.rlr.model.cli.ServeLoad URL RESULTS REQUESTS hostile
 * }</pre>
 *
 * <p>The first sends images and compares every answer with those of {@code rlr detect}; the second sends invalid
 * requests while another client sends images. Both exit with code 1 if an answer was wrong.
 */
final class ServeLoad {
    private static final int HOSTILE_THREADS = 32;

    private final HttpClient metrics = client();
    private final URI address;
    private final List<byte[]> images = new ArrayList<>();
    private final List<JsonObject> expected = new ArrayList<>();
    private final AtomicInteger wrong = new AtomicInteger();
    private final Map<String, Integer> outcomes = new TreeMap<>();

    /**
     * A load.
     *
     * @param address address of the service
     * @param results output of {@code rlr detect --json} for the images to send
     */
    ServeLoad(URI address, Path results) throws IOException {
        this.address = address;
        for (JsonElement each :
                JsonParser.parseString(Files.readString(results)).getAsJsonArray()) {
            JsonObject entry = each.getAsJsonObject();
            images.add(Files.readAllBytes(Path.of(entry.get("path").getAsString())));
            entry.remove("path");
            expected.add(entry);
        }
    }

    public static void main(String[] args) throws Exception {
        ServeLoad load = new ServeLoad(URI.create(args[0]), Path.of(args[1]));
        int requests = Integer.parseInt(args[2]);
        for (String clients : Arrays.asList(args).subList(3, args.length)) {
            System.out.println(
                    clients.equals("hostile")
                            ? load.hostile(requests)
                            : load.images(requests, Integer.parseInt(clients)));
        }
        System.exit(load.wrong() == 0 ? 0 : 1);
    }

    int wrong() {
        return wrong.get();
    }

    /** A task of a thread. */
    private interface Work {
        void run(int index) throws IOException, InterruptedException;
    }

    private void inThreads(int threads, int count, Work work) throws InterruptedException {
        AtomicInteger next = new AtomicInteger();
        List<Thread> all = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            Thread thread = new Thread(() -> {
                for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                    try {
                        work.run(i);
                    } catch (IOException | InterruptedException | RuntimeException e) {
                        wrong("a request failed: " + e);
                    }
                }
            });
            thread.start();
            all.add(thread);
        }
        for (Thread thread : all) {
            thread.join();
        }
    }

    private void wrong(String what) {
        if (wrong.incrementAndGet() <= 5) {
            System.out.println("WRONG: " + what);
        }
    }

    private synchronized void count(String outcome) {
        outcomes.merge(outcome, 1, Integer::sum);
    }

    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    /** Sends the images in order, repeatedly. @return a row of a table */
    String images(int requests, int clients) throws IOException, InterruptedException {
        long[] nanos = new long[requests];
        ThreadLocal<HttpClient> own = ThreadLocal.withInitial(ServeLoad::client);
        inThreads(clients, 2 * images.size(), i -> sendImage(own.get(), i)); // warm
        double before = heap();
        AtomicBoolean over = new AtomicBoolean();
        double[] highest = {before};
        Thread watch = new Thread(() -> {
            while (!over.get()) {
                try {
                    highest[0] = Math.max(highest[0], heap());
                    Thread.sleep(5000);
                } catch (IOException | InterruptedException e) {
                    wrong("the metrics failed: " + e);
                }
            }
        });
        watch.start();
        long start = System.nanoTime();
        inThreads(clients, requests, i -> {
            long began = System.nanoTime();
            sendImage(own.get(), i);
            nanos[i] = System.nanoTime() - began;
        });
        double seconds = (System.nanoTime() - start) / 1e9;
        over.set(true);
        watch.join();
        Arrays.sort(nanos);
        return String.format(
                Locale.ROOT,
                "| %d | %d | %.1f | %.0f ms | %.0f ms | %d | %.0f, %.0f, %.0f MiB |",
                clients,
                requests,
                requests / seconds,
                nanos[requests / 2] / 1e6,
                nanos[(int) (requests * 0.99)] / 1e6,
                wrong.get(),
                before,
                highest[0],
                heap());
    }

    private void sendImage(HttpClient client, int index) throws IOException, InterruptedException {
        int image = index % images.size();
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(address.resolve("v1/detect"))
                        .header("Content-Type", "image/png")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(images.get(image)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            wrong(answer.statusCode() + " " + answer.body());
            return;
        }
        JsonObject json = JsonParser.parseString(answer.body()).getAsJsonObject();
        for (Map.Entry<String, JsonElement> each : expected.get(image).entrySet()) {
            if (!each.getValue().equals(json.get(each.getKey()))) {
                wrong("image " + image + " has " + json + ", expected " + expected.get(image));
                return;
            }
        }
    }

    /** Returns the used heap in MiB. */
    private double heap() throws IOException, InterruptedException {
        return metrics.send(
                                HttpRequest.newBuilder(address.resolve("metrics"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body()
                        .lines()
                        .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\"}"))
                        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                        .sum()
                / (1 << 20);
    }

    /** Invalid requests and the expected status; 0 if the connection must end without an answer. */
    private enum Attack {
        LONG_BODY(413),
        LONG_CHUNKS(413),
        PIXEL_BOMB(413),
        SLOW_BODY(408),
        SLOW_HEADER(0),
        HALF_BODY(400),
        GONE(0),
        TYPE(415),
        NO_IMAGE(415),
        CUT_IMAGE(422),
        FORM(400),
        QUERY(400),
        METHOD(405),
        PATH(404),
        REQUEST_LINE(400);

        private final int status;

        Attack(int status) {
            this.status = status;
        }
    }

    private static final List<String> PATHS = List.of(
            "/../../etc/passwd",
            "/v1/../../etc/passwd",
            "/%2e%2e/%2e%2e/etc/passwd",
            "/..%2f..%2fetc/passwd",
            "/v1/detect/../../model",
            "/v1/model%00.html",
            "/v1//model",
            "//etc/passwd",
            "/V1/MODEL",
            "/v1/model/.",
            "/.git/config",
            "/admin",
            "/v1/model;x",
            "/" + "a".repeat(5000));

    /** Sends hostile requests from 32 threads while one more client sends images. @return a table */
    String hostile(int requests) throws InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger good = new AtomicInteger();
        HttpClient client = client();
        Thread user = new Thread(() -> {
            while (!over.get()) {
                try {
                    sendImage(client, good.getAndIncrement());
                } catch (IOException | InterruptedException e) {
                    wrong("an image beside the attack failed: " + e);
                }
            }
        });
        user.start();
        inThreads(HOSTILE_THREADS, requests, i -> {
            Attack attack = Attack.values()[i % Attack.values().length];
            int status = attack(attack, i / Attack.values().length);
            count(attack + " -> " + (status == 0 ? "connection closed" : status));
            // many long bodies at once fill the memory for bodies
            boolean full = attack == Attack.LONG_CHUNKS && status == 503;
            if (status != attack.status && !full) {
                wrong(attack + " number " + i + " was answered by " + status);
            }
        });
        over.set(true);
        user.join();
        StringBuilder table = new StringBuilder();
        outcomes.forEach((outcome, count) ->
                table.append(outcome).append(": ").append(count).append('\n'));
        return table + "images beside them: " + good + "; wrong: " + wrong;
    }

    private int attack(Attack attack, int round) throws IOException {
        byte[] image = images.get(round % images.size());
        try (Socket socket = new Socket(address.getHost(), address.getPort())) {
            switch (attack) {
                case LONG_BODY -> {
                    send(socket, post("image/png", "Content-Length: " + (1L << 33)));
                    sendUntilRefused(socket, new byte[1 << 16], 64);
                }
                case LONG_CHUNKS -> {
                    send(socket, post("image/png", "Transfer-Encoding: chunked"));
                    sendUntilRefused(
                            socket,
                            ("10000\r\n" + "x".repeat(1 << 16) + "\r\n").getBytes(StandardCharsets.US_ASCII),
                            560);
                }
                case PIXEL_BOMB -> {
                    byte[] bomb = image.clone();
                    bomb[16] = bomb[20] = 0; // width and height of the PNG header: 65,535 each
                    bomb[17] = bomb[21] = 0;
                    bomb[18] = bomb[19] = bomb[22] = bomb[23] = (byte) 255;
                    CRC32 crc = new CRC32();
                    crc.update(bomb, 12, 17);
                    for (int i = 0; i < 4; i++) {
                        bomb[29 + i] = (byte) (crc.getValue() >> (24 - 8 * i));
                    }
                    sendImage(socket, bomb);
                }
                case SLOW_BODY -> {
                    send(socket, post("image/png", "Content-Length: " + image.length));
                    socket.getOutputStream().write(image, 0, image.length / 2);
                }
                case SLOW_HEADER -> send(socket, "POST /v1/detect HTTP/1.1\r\nHost: x\r\nX-Slow: ");
                case HALF_BODY -> {
                    send(socket, post("image/png", "Content-Length: " + image.length));
                    socket.getOutputStream().write(image, 0, image.length / 2);
                    socket.shutdownOutput();
                }
                case GONE -> {
                    send(socket, post("image/png", "Content-Length: " + image.length));
                    return 0;
                }
                case TYPE -> {
                    send(socket, post("text/html", "Content-Length: " + image.length));
                    socket.getOutputStream().write(image);
                }
                case NO_IMAGE -> sendImage(socket, "<svg onload=alert(1)>".getBytes(StandardCharsets.US_ASCII));
                case CUT_IMAGE -> sendImage(socket, Arrays.copyOf(image, image.length * 2 / 3));
                case FORM -> {
                    String form =
                            "--b\r\nContent-Disposition: form-data; name=\"x\"; filename=\"" + "y".repeat(round * 100);
                    send(socket, post("multipart/form-data; boundary=b", "Content-Length: " + form.length()) + form);
                }
                case QUERY ->
                    send(
                            socket,
                            "POST /v1/detect?map=../../x HTTP/1.1\r\nHost: x\r\nContent-Length: "
                                    + "0\r\nConnection: close\r\n\r\n");
                case METHOD ->
                    send(
                            socket,
                            List.of("TRACE", "PUT", "DELETE", "PROPFIND", "get").get(round % 5)
                                    + " /v1/model HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                case PATH ->
                    send(
                            socket,
                            "GET " + PATHS.get(round % PATHS.size())
                                    + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                case REQUEST_LINE ->
                    send(
                            socket,
                            List.of("GET /v1/model\\x HTTP/1.1\r\n\r\n", "GARBAGE\r\n\r\n", "GET /%zz HTTP/1.1\r\n\r\n")
                                    .get(round % 3));
            }
            String answer = ServiceRun.readAll(socket);
            return answer.isEmpty() ? 0 : Integer.parseInt(answer.substring(9, 12));
        }
    }

    private static String post(String type, String length) {
        return "POST /v1/detect HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " + type + "\r\n" + length
                + "\r\n\r\n";
    }

    private static void sendImage(Socket socket, byte[] image) throws IOException {
        send(socket, post("image/png", "Content-Length: " + image.length));
        socket.getOutputStream().write(image);
    }

    private static void send(Socket socket, String text) throws IOException {
        ServiceRun.write(socket, text);
    }

    /** Sends the same bytes repeatedly until the other side stops reading. */
    private static void sendUntilRefused(Socket socket, byte[] part, int times) {
        try {
            OutputStream out = socket.getOutputStream();
            for (int i = 0; i < times; i++) {
                out.write(part);
            }
            socket.shutdownOutput();
        } catch (IOException e) {
            // refused; the answer can still be read
        }
    }
}
