package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.Test;

/** The limits of a service, and its shutdown. */
class ServiceLimitsTest {
    private final byte[] bytes = TinyModel.bytes(1);

    @Test
    void aClientHasSoManyRequestsAtOnce() throws Exception {
        try (ServiceRun one = ServiceRun.ofTinyModel("--max-per-client", "1");
                Held held = held(one)) {
            ServiceRun.problem(held.second, 429, "CLIENT_LIMIT");
            assertEquals("1", held.second.headers().firstValue("Retry-After").orElse(""));
            Socket first = held.first;
            first.getOutputStream().write(bytes);
            assertTrue(ServiceRun.readAll(first).startsWith("HTTP/1.1 200 "));
            assertEquals(200, one.post("v1/detect", "image/png", bytes).statusCode());
        }
    }

    @Test
    void soManyImagesWait() throws Exception {
        try (ServiceRun small = ServiceRun.ofTinyModel("--max-concurrent", "1", "--max-queued", "1")) {
            double score = ServiceRun.json(small.post("v1/detect", "image/png", bytes))
                    .get("score")
                    .getAsDouble();
            ExecutorService clients = Executors.newFixedThreadPool(8);
            try {
                int refused = 0;
                while (refused == 0) {
                    List<Callable<HttpResponse<byte[]>>> requests = new ArrayList<>();
                    for (int i = 0; i < 32; i++) {
                        requests.add(() -> small.post("v1/detect", "image/png", bytes));
                    }
                    for (Future<HttpResponse<byte[]>> each : clients.invokeAll(requests)) {
                        HttpResponse<byte[]> answer = each.get();
                        if (answer.statusCode() == 200) {
                            assertEquals(
                                    score, ServiceRun.json(answer).get("score").getAsDouble());
                        } else {
                            ServiceRun.problem(answer, 503, "QUEUE_FULL");
                            assertTrue(answer.headers()
                                            .firstValueAsLong("Retry-After")
                                            .orElse(0)
                                    >= 1);
                            refused++;
                        }
                    }
                }
            } finally {
                clients.shutdownNow();
            }
            assertEquals(0, small.figure("rlr_images_inside"));
        }
    }

    /** All bodies together may have 1 MiB, and each a quarter of a MiB more. */
    @Test
    void largeBodiesKeepNoSmallOnesOut() throws Exception {
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        RequestBodies bodies = new RequestBodies(1 << 21, Duration.ofMinutes(1), 1 << 20, clock);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        List<String> reasons = new ArrayList<>();
        server.createContext("/", exchange -> {
            try (RequestBodies.Body large = bodies.read(exchange)) {
                reasons.add("read " + large.bytes().length);
            } catch (Problem e) {
                reasons.add(e.reason());
                bodies.drop(exchange);
            }
            reasons.add("left " + bodies.inMemory());
            exchange.sendResponseHeaders(204, -1);
        });
        server.start();
        try {
            for (int length : new int[] {1 << 18, 1 << 20, (1 << 20) + (1 << 19)}) {
                ServiceRun.sendTo(server.getAddress().getPort(), new byte[length]);
            }
        } finally {
            server.stop(0);
            clock.shutdownNow();
        }
        assertEquals(List.of("read 262144", "left 0", "read 1048576", "left 0", "BODIES_FULL", "left 0"), reasons);
    }

    @Test
    void placesAreGivenBack() throws Exception {
        Admission admission = new Admission(1, 1, 0);
        try (Admission.Place first = admission.ofImage();
                Admission.Place second = admission.ofImage()) {
            assertEquals(503, assertThrows(Problem.class, admission::ofImage).status());
            assertEquals(2, admission.inside());
        }
        assertEquals(0, admission.inside());
        admission.ofImage().close();
    }

    /** A request without its body that the service reads, and the answer to another one meanwhile. */
    private record Held(Socket first, HttpResponse<byte[]> second) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            first.close();
        }
    }

    /** Starts a request without its body, and sends others until the service reads it. */
    private Held held(ServiceRun service) throws IOException, InterruptedException {
        while (true) {
            Socket first = service.connect();
            ServiceRun.write(
                    first,
                    "POST /v1/detect HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: image/png\r\n"
                            + "Content-Length: " + bytes.length + "\r\n\r\n");
            // an answer to it already: another request was in the service
            while (first.getInputStream().available() == 0) {
                HttpResponse<byte[]> second = service.post("v1/detect", "image/png", bytes);
                if (second.statusCode() != 200) {
                    return new Held(first, second);
                }
            }
            first.close();
        }
    }

    @Test
    void theEndWaitsForWhatIsInProgress() throws Exception {
        try (ServiceRun ending = ServiceRun.ofTinyModel("--max-per-client", "1");
                Held held = held(ending)) {
            ServiceRun.problem(held.second, 429, "CLIENT_LIMIT");
            Socket first = held.first;
            Thread end = new Thread(ending.service::close);
            end.start();
            HttpResponse<byte[]> answer = ending.get("readyz");
            while (answer.statusCode() == 200) {
                answer = ending.get("readyz");
            }
            ServiceRun.problem(answer, 503, "STOPPING");
            ServiceRun.problem(ending.post("v1/detect", "image/png", bytes), 503, "STOPPING");
            first.getOutputStream().write(bytes);
            assertTrue(ServiceRun.readAll(first).startsWith("HTTP/1.1 200 "));
            end.join();
            assertThrows(IOException.class, () -> ending.get("healthz"));
        }
    }
}
