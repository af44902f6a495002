package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.data.Images;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.RgbImage;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Detection;
import org.rlr.model.detect.Region;
import org.rlr.model.report.Overlays;

/** Answers of a service. */
class DetectionServiceTest {
    private static ServiceRun run;
    private static Path image;
    private static byte[] bytes;

    @BeforeAll
    static void start() throws IOException {
        image = TinyModel.images().get(1);
        bytes = Files.readAllBytes(image);
        run = ServiceRun.ofTinyModel("--max-body", "1", "--max-pixels", "10000", "--body-timeout", "0.3s");
    }

    @AfterAll
    static void stop() {
        run.close();
    }

    @Nested
    class Answers {
        @Test
        void areThoseOfDetectJson(@TempDir Path folder) throws Exception {
            Path json = folder.resolve("results.json");
            CommandRun.succeeding(TinyModel.detect(TinyModel.model(), TinyModel.images(), json, "--threads", 2));
            JsonArray expected = JsonParser.parseString(Files.readString(json)).getAsJsonArray();
            assertFalse(expected.isEmpty());
            for (JsonElement each : expected) {
                JsonObject entry = each.getAsJsonObject();
                Path file = Path.of(entry.get("path").getAsString());
                HttpResponse<byte[]> answer = run.post(
                        "v1/detect",
                        "multipart/form-data; boundary=xyz",
                        ServiceRun.form("xyz", file.toString(), Files.readAllBytes(file)));
                JsonObject given = ServiceRun.json(answer);
                assertEquals(200, answer.statusCode(), given.toString());
                assertEquals(
                        "application/json",
                        answer.headers().firstValue("Content-Type").orElse(""));
                assertEquals(file.getFileName().toString(), given.get("path").getAsString());
                for (String key : entry.keySet()) {
                    assertTrue(key.equals("path") || entry.get(key).equals(given.get(key)), key + " of " + given);
                }
                List<String> more = new ArrayList<>(entry.keySet());
                more.addAll(List.of("image_width", "image_height", "regions"));
                assertEquals(more, List.copyOf(given.keySet()));
            }
        }

        @Test
        void haveRegionsAndTheOverlay() throws Exception {
            try (AnomalyDetector detector = AnomalyDetector.load(TinyModel.model())) {
                RgbImage pixels = Images.read(bytes);
                Detection detection = detector.detect(bytes);
                JsonObject json = ServiceRun.json(run.post("v1/detect?map=png", "image/png", bytes));
                assertEquals("", json.get("path").getAsString());
                List<Region> regions = detection.regions(detection.threshold(), pixels.width(), pixels.height());
                assertEquals(regions.size(), json.getAsJsonArray("regions").size());
                for (int i = 0; i < regions.size(); i++) {
                    JsonObject region = json.getAsJsonArray("regions").get(i).getAsJsonObject();
                    assertEquals(regions.get(i).x(), region.get("x").getAsInt());
                    assertEquals(regions.get(i).y(), region.get("y").getAsInt());
                    assertEquals(regions.get(i).peak(), region.get("peak").getAsFloat());
                }
                ByteArrayOutputStream overlay = new ByteArrayOutputStream();
                PngFile.write(
                        Overlays.overlay(pixels, detection, detector.info().mapScale()), overlay);
                assertArrayEquals(
                        overlay.toByteArray(),
                        Base64.getDecoder().decode(json.get("map_png").getAsString()));

                HttpResponse<byte[]> picture = run.send(run.to("v1/detect")
                        .header("Accept", "image/png")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(bytes)));
                assertEquals(
                        "image/png",
                        picture.headers().firstValue("Content-Type").orElse(""));
                assertArrayEquals(overlay.toByteArray(), picture.body());
            }
        }

        @Test
        void areByTheClassThatIsGiven() throws Exception {
            JsonObject own = ServiceRun.json(run.get("v1/model")).getAsJsonObject("class_thresholds");
            String unknown = own.keySet().isEmpty() ? "it has only a common one" : "classes with a threshold:";
            JsonObject json =
                    ServiceRun.problem(run.post("v1/detect?class=no%2Fsuch", "image/png", bytes), 400, "UNKNOWN_CLASS");
            assertTrue(json.get("detail").getAsString().contains("class 'no/such'"), json.toString());
            assertTrue(json.get("detail").getAsString().contains(unknown), json.toString());
        }

        @ParameterizedTest
        @CsvSource({
            "'', false",
            "'*/*', false",
            "image/png, true",
            "'image/png, */*', true",
            "'image/*', true",
            "'application/json, image/png', false",
            "'application/json;q=0.5, image/png', true",
            "'image/png;q=0.1, */*', false",
            "'image/png;q=0, */*', false",
            "'text/html, */*;q=0.8', false"
        })
        void areOfTheTypeThatIsWanted(String accept, boolean picture) throws Problem {
            assertEquals(picture, Accept.wantsPicture(accept.isEmpty() ? null : accept));
        }

        @Test
        void tellOfTheModelAndTheService() throws Exception {
            JsonObject model = ServiceRun.json(run.get("v1/model"));
            assertEquals(64, model.get("image_width").getAsInt());
            assertEquals(4, model.getAsJsonArray("classes").size());
            assertEquals(200, run.get("healthz").statusCode());
            assertEquals(200, run.get("readyz").statusCode());
            HttpResponse<byte[]> head =
                    run.send(run.to("v1/model").method("HEAD", HttpRequest.BodyPublishers.noBody()));
            assertEquals(200, head.statusCode());
            assertEquals(0, head.body().length);
            assertEquals(
                    run.get("v1/model").body().length,
                    head.headers().firstValueAsLong("Content-Length").orElse(-1));
            HttpResponse<byte[]> options =
                    run.send(run.to("v1/detect").method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
            assertEquals(204, options.statusCode());
            assertEquals("POST, OPTIONS", options.headers().firstValue("Allow").orElse(""));
            assertEquals(List.of(), options.headers().allValues("Access-Control-Allow-Origin"));
        }

        @Test
        void areCounted() throws Exception {
            double before = run.figure("rlr_images_total{verdict=\"normal\"}")
                    + run.figure("rlr_images_total{verdict=\"anomalous\"}")
                    + run.figure("rlr_images_total{verdict=\"unknown_product\"}");
            run.post("v1/detect", "image/png", bytes);
            double after = run.figure("rlr_images_total{verdict=\"normal\"}")
                    + run.figure("rlr_images_total{verdict=\"anomalous\"}")
                    + run.figure("rlr_images_total{verdict=\"unknown_product\"}");
            assertEquals(before + 1, after);
            assertTrue(run.figure("rlr_detect_step_seconds_count{step=\"backbone\"}") >= 1);
            assertTrue(run.figure("rlr_requests_total{path=\"/v1/detect\",status=\"200\"}") >= 1);
            assertEquals(1, run.figure("rlr_ready"));
            assertEquals(0, run.figure("rlr_bodies_bytes"));
            assertTrue(run.figure("rlr_tensor_held_bytes") > 0);
            HttpResponse<byte[]> text = run.get("metrics");
            assertTrue(text.headers().firstValue("Content-Type").orElse("").startsWith("text/plain"));
            assertTrue(new String(text.body(), StandardCharsets.UTF_8).contains("jvm_memory_used_bytes"));
        }
    }

    @Nested
    class Refusals {
        @Test
        void ofImages() throws Exception {
            ServiceRun.problem(run.post("v1/detect", "image/png", new byte[0]), 400, "EMPTY");
            ServiceRun.problem(
                    run.post("v1/detect", "image/png", "no image".getBytes(StandardCharsets.UTF_8)),
                    415,
                    "NOT_AN_IMAGE");
            ServiceRun.problem(
                    run.post("v1/detect", "image/png", Arrays.copyOf(bytes, bytes.length / 2)), 422, "DAMAGED");
            byte[] webp = "RIFF....WEBPVP8 ........".getBytes(StandardCharsets.ISO_8859_1);
            ServiceRun.problem(run.post("v1/detect", "image/webp", webp), 415, "UNSUPPORTED");
            ByteArrayOutputStream large = new ByteArrayOutputStream();
            PngFile.write(new RgbImage(101, 100, new byte[101 * 100 * 3]), large);
            JsonObject json =
                    ServiceRun.problem(run.post("v1/detect", "image/png", large.toByteArray()), 413, "TOO_LARGE");
            assertEquals(
                    "the image is 101×100 pixels, more than --max-pixels, which is 10000; scale it down or "
                            + "raise --max-pixels",
                    json.get("detail").getAsString());
        }

        @Test
        void ofBodies() throws Exception {
            byte[] large = new byte[(1 << 20) + 1];
            ServiceRun.problem(run.post("v1/detect", "image/png", large), 413, "BODY_TOO_LARGE");
            HttpResponse<byte[]> inChunks = run.send(run.to("v1/detect")
                    .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(large))));
            ServiceRun.problem(inChunks, 413, "BODY_TOO_LARGE");
            byte[] form = ServiceRun.form("xyz", "a.png", bytes);
            String type = "multipart/form-data; boundary=xyz";
            ServiceRun.problem(run.post("v1/detect", "multipart/form-data", form), 400, "BAD_FORM");
            ServiceRun.problem(run.post("v1/detect", "multipart/form-data; boundary=other", form), 400, "BAD_FORM");
            ServiceRun.problem(run.post("v1/detect", type, Arrays.copyOf(form, form.length - 10)), 400, "BAD_FORM");
            ServiceRun.problem(
                    run.post("v1/detect", type, "--xyz--\r\n".getBytes(StandardCharsets.UTF_8)), 400, "BAD_FORM");
            byte[] field = "--xyz\r\nContent-Disposition: form-data; name=\"class\"\r\n\r\nscrew\r\n--xyz--\r\n"
                    .getBytes(StandardCharsets.UTF_8);
            ServiceRun.problem(run.post("v1/detect", type, field), 400, "BAD_FORM");
            byte[] nul = ServiceRun.form("xyz", "a\0.png", bytes);
            ServiceRun.problem(run.post("v1/detect", type, nul), 400, "BAD_FORM");
        }

        @Test
        void ofRequests() throws Exception {
            JsonObject json = ServiceRun.problem(
                    run.post("v1/detect", "application/x-www-form-urlencoded", bytes), 415, "CONTENT_TYPE");
            assertTrue(json.get("detail").getAsString().contains("x-www-form-urlencoded"), json.toString());
            ServiceRun.problem(run.post("v1/detect?map=jpeg", "image/png", bytes), 400, "BAD_QUERY");
            ServiceRun.problem(run.post("v1/detect?maps=png", "image/png", bytes), 400, "BAD_QUERY");
            ServiceRun.problem(run.post("v1/detect?class=a&class=b", "image/png", bytes), 400, "BAD_QUERY");
            ServiceRun.problem(
                    run.send(run.to("v1/detect")
                            .header("Accept", "text/html")
                            .POST(HttpRequest.BodyPublishers.ofByteArray(bytes))),
                    406,
                    "NOT_ACCEPTABLE");
            ServiceRun.problem(
                    run.send(run.to("v1/detect")
                            .header("Sec-Fetch-Site", "cross-site")
                            .POST(HttpRequest.BodyPublishers.ofByteArray(bytes))),
                    403,
                    "CROSS_SITE");
            HttpResponse<byte[]> get = run.get("v1/detect");
            ServiceRun.problem(get, 405, "METHOD_NOT_ALLOWED");
            assertEquals("OPTIONS, POST", get.headers().firstValue("Allow").orElse(""));
            ServiceRun.problem(
                    run.send(run.to("v1/model").method("BREW", HttpRequest.BodyPublishers.noBody())),
                    405,
                    "METHOD_NOT_ALLOWED");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "v1",
                    "v1/detect/",
                    "v1//model",
                    "v1/./model",
                    "v1/x/../model",
                    "%76%31/model",
                    "v1/model;x=1",
                    "v1/model%00",
                    "..%2f..%2fetc/passwd",
                    "V1/model",
                    "metrics/x"
                })
        void ofPaths(String path) throws Exception {
            ServiceRun.problem(run.get(path), 404, "NOT_FOUND");
        }

        @ParameterizedTest
        @CsvSource({"//x/v1/model, 404", "/../v1/model, 404", "*, 404", "/v1/model|, 400", "http://x/v1/model, 200"})
        void ofAddressesThatNoClientSends(String address, int status) throws Exception {
            try (Socket socket = run.connect()) {
                ServiceRun.write(socket, "GET " + address + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                assertTrue(ServiceRun.readAll(socket).startsWith("HTTP/1.1 " + status + " "));
            }
        }

        @Test
        void ofBodiesThatAreSlowOrCutOff() throws Exception {
            String head =
                    "POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\n";
            try (Socket socket = run.connect()) {
                ServiceRun.write(socket, head + "half");
                String answer = ServiceRun.readAll(socket);
                assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
                assertTrue(answer.contains("SLOW_BODY") && answer.contains("application/problem+json"), answer);
            }
            try (Socket socket = run.connect()) {
                ServiceRun.write(socket, head + "half");
                socket.shutdownOutput();
                String answer = ServiceRun.readAll(socket);
                assertTrue(answer.startsWith("HTTP/1.1 400 ") && answer.contains("BODY_CUT_OFF"), answer);
            }
            try (Socket socket = run.connect()) {
                ServiceRun.write(
                        socket,
                        "POST /v1/detect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                                + "chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n");
                String answer = ServiceRun.readAll(socket);
                assertTrue(answer.startsWith("HTTP/1.1 400 ") && answer.contains("BODY_CUT_OFF"), answer);
            }
            assertEquals(0, run.figure("rlr_bodies_bytes"));
            assertEquals(200, run.post("v1/detect", "image/png", bytes).statusCode());
        }

        @Test
        void beforeTheModelIsLoaded() throws Exception {
            try (ServiceRun early = new ServiceRun(TinyModel.model(), ServiceRun.onFreePort())) {
                assertEquals(200, early.get("healthz").statusCode());
                HttpResponse<byte[]> answer = early.get("readyz");
                ServiceRun.problem(answer, 503, "NOT_READY");
                assertEquals("1", answer.headers().firstValue("Retry-After").orElse(""));
                ServiceRun.problem(early.get("v1/model"), 503, "NOT_READY");
                ServiceRun.problem(early.post("v1/detect", "image/png", bytes), 503, "NOT_READY");
            }
        }
    }
}
