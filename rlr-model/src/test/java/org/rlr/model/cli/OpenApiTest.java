package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.RgbImage;

/** The service's answers and {@code /openapi.json} agree. */
class OpenApiTest {
    /** Observed answers: method, path, status and type. */
    private final TreeSet<String> seen = new TreeSet<>();

    private JsonObject description = new JsonObject();

    @Test
    void saysWhatTheServiceAnswers() throws Exception {
        byte[] image = TinyModel.bytes(0);
        byte[] noText = "no image".getBytes(StandardCharsets.UTF_8);
        try (ServiceRun run =
                ServiceRun.ofTinyModel("--max-pixels", "10000", "--body-timeout", "0.3s", "--max-per-client", "1")) {
            description = ServiceRun.json(run.get("openapi.json"));
            for (String path : List.of("", "openapi.json", "healthz", "readyz", "metrics", "v1/model")) {
                check("GET", "/" + path, run.get(path));
            }
            check("GET", "/metrics", run.send(run.to("metrics").header("Accept", "application/openmetrics-text")));
            check("POST", "/v1/detect", run.post("v1/detect", "image/png", image));
            check("POST", "/v1/detect", run.post("v1/detect?map=png", "image/png", image));
            check(
                    "POST",
                    "/v1/detect",
                    run.post("v1/detect", "multipart/form-data; boundary=x", ServiceRun.form("x", "a.png", image)));
            check("POST", "/v1/detect", with(run, "Accept", "image/png", image));
            check("POST", "/v1/detect", run.post("v1/detect?class=none", "image/png", image));
            check("POST", "/v1/detect", with(run, "Sec-Fetch-Site", "cross-site", image));
            check("POST", "/v1/detect", with(run, "Accept", "text/html", image));
            check("POST", "/v1/detect", run.post("v1/detect", "image/png", noText));
            check("POST", "/v1/detect", run.post("v1/detect", "text/plain", noText));
            check("POST", "/v1/detect", run.post("v1/detect", "image/png", Arrays.copyOf(image, 200)));
            ByteArrayOutputStream large = new ByteArrayOutputStream();
            PngFile.write(new RgbImage(101, 100, new byte[101 * 100 * 3]), large);
            check("POST", "/v1/detect", run.post("v1/detect", "image/png", large.toByteArray()));
            try (Socket slow = run.connect()) {
                ServiceRun.write(
                        slow, "POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Length: " + image.length + "\r\n\r\n");
                HttpResponse<byte[]> second = run.post("v1/detect", "image/png", image);
                while (second.statusCode() == 200) {
                    second = run.post("v1/detect", "image/png", image);
                }
                check("POST", "/v1/detect", second);
                String answer = ServiceRun.readAll(slow);
                assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
                check(
                        "POST",
                        "/v1/detect",
                        408,
                        "application/problem+json",
                        Map.of(),
                        answer.substring(answer.indexOf("\r\n\r\n") + 4));
            }
        }
        try (ServiceRun early = new ServiceRun(TinyModel.model(), ServiceRun.onFreePort())) {
            check("POST", "/v1/detect", early.post("v1/detect", "image/png", image));
            check("GET", "/readyz", early.get("readyz"));
            check("GET", "/v1/model", early.get("v1/model"));
        }
        TreeSet<String> unseen = documented();
        unseen.removeAll(seen);
        // no request makes the service fail
        unseen.removeIf(each -> each.endsWith(" 500 application/problem+json"));
        assertEquals(new TreeSet<>(), unseen);
    }

    private static HttpResponse<byte[]> with(ServiceRun run, String header, String value, byte[] body)
            throws IOException, InterruptedException {
        return run.send(run.to("v1/detect").header(header, value).POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    private void check(String method, String path, HttpResponse<byte[]> answer) {
        String type = answer.headers().firstValue("Content-Type").orElse("").replaceFirst(";.*", "");
        check(
                method,
                path,
                answer.statusCode(),
                type,
                answer.headers().map(),
                new String(answer.body(), StandardCharsets.UTF_8));
    }

    private void check(
            String method, String path, int status, String type, Map<String, List<String>> headers, String body) {
        String what = method + " " + path + " " + status + " " + type;
        JsonObject response = response(description
                .getAsJsonObject("paths")
                .getAsJsonObject(path)
                .getAsJsonObject(method.toLowerCase(java.util.Locale.ROOT))
                .getAsJsonObject("responses")
                .getAsJsonObject(Integer.toString(status)));
        JsonObject content = response.getAsJsonObject("content").getAsJsonObject(type);
        assertNotNull(content, what + " is not described");
        if (response.has("headers")) {
            for (String header : response.getAsJsonObject("headers").keySet()) {
                assertTrue(headers.keySet().stream().anyMatch(header::equalsIgnoreCase), header + " of " + what);
            }
        }
        if (type.endsWith("json")) {
            JsonObject schema = content.getAsJsonObject("schema").deepCopy();
            schema.add("components", description.get("components"));
            assertEquals(
                    List.of(),
                    SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                            .getSchema(schema.toString(), InputFormat.JSON)
                            .validate(body, InputFormat.JSON),
                    what + ": " + body);
        }
        seen.add(what);
    }

    /** Returns a response, defined in place or shared by several operations. */
    private JsonObject response(JsonObject response) {
        assertNotNull(response);
        if (!response.has("$ref")) {
            return response;
        }
        String name = response.get("$ref").getAsString().replaceFirst("#/components/responses/", "");
        return description
                .getAsJsonObject("components")
                .getAsJsonObject("responses")
                .getAsJsonObject(name);
    }

    private TreeSet<String> documented() {
        TreeSet<String> all = new TreeSet<>();
        description
                .getAsJsonObject("paths")
                .asMap()
                .forEach((path, methods) -> methods.getAsJsonObject()
                        .asMap()
                        .forEach((method, operation) -> operation
                                .getAsJsonObject()
                                .getAsJsonObject("responses")
                                .asMap()
                                .forEach((status, response) -> response(response.getAsJsonObject())
                                        .getAsJsonObject("content")
                                        .keySet()
                                        .forEach(type -> all.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path
                                                + " " + status + " " + type)))));
        return all;
    }

    @Test
    void aWrongAnswerIsFound() {
        JsonObject schema = JsonParser.parseString("{\"type\":\"object\",\"required\":[\"score\"]}")
                .getAsJsonObject();
        assertEquals(
                1,
                SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                        .getSchema(schema.toString(), InputFormat.JSON)
                        .validate("{}", InputFormat.JSON)
                        .size());
    }
}
