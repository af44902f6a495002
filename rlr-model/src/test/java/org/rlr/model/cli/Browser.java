package org.rlr.model.cli;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.rlr.model.TestFolders;

/**
 * Headless Chromium, controlled by its DevTools protocol. Chromium is searched on the {@code PATH}, under the names
 * used by distributions; the property {@code rlr.browser} names another one.
 */
final class Browser implements AutoCloseable {
    private static final List<String> NAMES =
            List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

    private final Path profile;
    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger lastId = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonObject>> pending = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    /** Returns the program, if any. */
    static Optional<Path> find() {
        String named = System.getProperty("rlr.browser");
        if (named != null && !named.isEmpty()) {
            return Optional.of(Path.of(named));
        }
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Starts a browser with one empty page and a camera that shows a test picture. */
    Browser(Path program) throws IOException {
        profile = Files.createTempDirectory("rlr-browser");
        process = new ProcessBuilder(
                        program.toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--hide-scrollbars",
                        "--disable-background-networking",
                        "--use-fake-ui-for-media-stream",
                        "--use-fake-device-for-media-stream",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        String line;
        BufferedReader err = process.errorReader(StandardCharsets.UTF_8);
        do {
            line = err.readLine();
            if (line == null) {
                throw new IOException("the browser " + program + " ended at once");
            }
        } while (!line.contains("DevTools listening on "));
        Thread drain = new Thread(() -> err.lines().forEach(each -> {}), "browser-errors");
        drain.setDaemon(true);
        drain.start();
        URI browser = URI.create(line.replaceFirst(".*DevTools listening on ", ""));
        String pages = new String(
                URI.create("http://" + browser.getAuthority() + "/json/list")
                        .toURL()
                        .openStream()
                        .readAllBytes(),
                StandardCharsets.UTF_8);
        String page = "";
        for (JsonElement each : JsonParser.parseString(pages).getAsJsonArray()) {
            if (each.getAsJsonObject().get("type").getAsString().equals("page")) {
                page = each.getAsJsonObject().get("webSocketDebuggerUrl").getAsString();
            }
        }
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(page), new Answers())
                .join();
        for (String domain : List.of("Page", "Runtime", "Log", "DOM")) {
            call(domain + ".enable", Map.of());
        }
    }

    private final class Answers implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                JsonObject message = JsonParser.parseString(text.toString()).getAsJsonObject();
                text.setLength(0);
                if (message.has("id")) {
                    pending.remove(message.get("id").getAsInt()).complete(message);
                } else {
                    String method = message.get("method").getAsString();
                    String what = message.get("params").toString();
                    // the log also contains error answers
                    if (method.equals("Runtime.exceptionThrown")
                            || (method.equals("Log.entryAdded") && !what.contains("the server responded with"))) {
                        complaints.add(what);
                    }
                }
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }

    /** Returns errors of scripts and requests that the browser refused. */
    List<String> complaints() {
        return complaints;
    }

    JsonObject call(String method, Map<String, ?> parameters) {
        JsonObject message = new JsonObject();
        int id = lastId.incrementAndGet();
        message.addProperty("id", id);
        message.addProperty("method", method);
        message.add("params", new Gson().toJsonTree(parameters));
        CompletableFuture<JsonObject> answer = new CompletableFuture<>();
        pending.put(id, answer);
        socket.sendText(message.toString(), true).join();
        JsonObject result = answer.join();
        if (result.has("error")) {
            throw new IllegalStateException(method + ": " + result.get("error"));
        }
        return result.getAsJsonObject("result");
    }

    /** Returns the value of an expression, or of its promise. */
    JsonElement evaluate(String expression) {
        JsonObject result = call(
                "Runtime.evaluate",
                Map.of("expression", expression, "awaitPromise", true, "returnByValue", true, "userGesture", true));
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + result.get("exceptionDetails"));
        }
        JsonElement value = result.getAsJsonObject("result").get("value");
        return value == null ? JsonNull.INSTANCE : value;
    }

    String text(String selector) {
        return evaluate("document.querySelector('" + selector + "').textContent")
                .getAsString();
    }

    int number(String expression) {
        return evaluate(expression).getAsInt();
    }

    /** Waits without a time limit until an expression is true. */
    void await(String expression) {
        evaluate("new Promise(done => { const look = () => (" + expression
                + ") ? done(true) : setTimeout(look, 20); look(); })");
    }

    void open(URI address) {
        call("Page.navigate", Map.of("url", address.toString()));
        await("location.href === '" + address + "' && document.readyState === 'complete'");
    }

    /** Sets the size of the screen and its colour scheme. */
    void screen(int width, int height, boolean dark) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
        call(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    /** Chooses files, as in the file dialogue of a field. */
    void choose(String selector, List<Path> files) {
        int root = call("DOM.getDocument", Map.of())
                .getAsJsonObject("root")
                .get("nodeId")
                .getAsInt();
        int field = call("DOM.querySelector", Map.of("nodeId", root, "selector", selector))
                .get("nodeId")
                .getAsInt();
        call(
                "DOM.setFileInputFiles",
                Map.of(
                        "nodeId",
                        field,
                        "files",
                        files.stream()
                                .map(file -> file.toAbsolutePath().toString())
                                .toList()));
    }

    void press(String key, int code) {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            call(
                    "Input.dispatchKeyEvent",
                    Map.of("type", type, "key", key, "code", key, "windowsVirtualKeyCode", code));
        }
    }

    /** Returns a screenshot of the visible part, or of the whole page. */
    byte[] screenshot(boolean whole) {
        return Base64.getDecoder()
                .decode(call("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", whole))
                        .get("data")
                        .getAsString());
    }

    @Override
    public void close() {
        socket.abort();
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(each -> each.onExit().join());
        TestFolders.delete(profile);
    }
}
