package org.rlr.model.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.Resize;
import org.rlr.model.data.RgbImage;
import org.rlr.model.detect.Detection;
import org.rlr.model.detect.Region;
import org.rlr.model.report.Overlays;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;

/**
 * Serves detection over HTTP. Each request has its own thread while it is read, examined and answered.
 * {@link ServeOptions} limits the number, size and time of requests.
 */
final class DetectionService implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(DetectionService.class.getName());
    private static final String FORM = "multipart/form-data";
    /** The longer side of an overlay, in pixels. */
    private static final int OVERLAY = 2048;
    /** Request bodies take at most the heap divided by this, and twice that while their parts are joined. */
    private static final int BODIES_PART = 8;

    private static final int THREAD_SECONDS = 10;
    private static final Set<String> PARAMETERS = Set.of("class", "map");

    private final ServeOptions options;
    private final ServedModel model;
    private final ServeMetrics metrics;
    private final HttpServer server;
    private final ThreadPoolExecutor workers;
    private final ScheduledThreadPoolExecutor clock;
    private final RequestBodies bodies;
    private final Admission admission;
    /** Limits the overlays drawn at once, since each decodes its image again. */
    private final Semaphore drawing;

    private final Map<String, Map<String, Handler>> routes = new LinkedHashMap<>();
    private final Object progress = new Object();
    private int inProgress;
    private volatile boolean stopping;

    /** A request, and whether its body was read to the end. */
    private static final class Request {
        private final HttpExchange exchange;
        private boolean bodyRead;

        Request(HttpExchange exchange) {
            this.exchange = exchange;
            bodyRead = !RequestBodies.isIn(exchange);
        }

        /** Returns the first header of a name; null if there is none. */
        @Nullable
        String header(String name) {
            return exchange.getRequestHeaders().getFirst(name);
        }
    }

    /** Answers a request. */
    private interface Handler {
        Reply answer(Request request) throws Problem, IOException;
    }

    /**
     * A service that answers requests after {@link #start}.
     *
     * @throws RlrException if it cannot listen
     */
    DetectionService(ServeOptions options, ServedModel model, ServeMetrics metrics) {
        this.options = options;
        this.model = model;
        this.metrics = metrics;
        // the JVM reads these properties once, for its first server
        boundConnections(options);
        server = listen(options);
        workers = new ThreadPoolExecutor(
                options.maxConnections(),
                options.maxConnections(),
                THREAD_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> daemon(task, "rlr-serve"));
        workers.allowCoreThreadTimeOut(true);
        // one thread for deadlines, one for loading a model
        clock = new ScheduledThreadPoolExecutor(2, task -> daemon(task, "rlr-serve-clock"));
        clock.setRemoveOnCancelPolicy(true);
        long budget = Math.max(options.maxBody(), Runtime.getRuntime().maxMemory() / BODIES_PART);
        bodies = new RequestBodies(options.maxBody(), options.bodyTimeout(), budget, clock);
        admission = new Admission(options.maxConcurrent(), options.maxQueued(), options.maxPerClient());
        drawing = new Semaphore(options.maxConcurrent());
        addRoutes();
        addGauges();
        server.setExecutor(workers);
        server.createContext("/", this::handle);
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Sets the limits of the server itself: time for headers, time for answers, connections. */
    private static void boundConnections(ServeOptions options) {
        long body = options.bodyTimeout().toSeconds();
        setUnlessSet("sun.net.httpserver.maxReqTime", body + 5); // RequestBodies answers a late body before
        setUnlessSet("sun.net.httpserver.maxRspTime", body + options.maxWait().toSeconds() + 60);
        setUnlessSet("sun.net.httpserver.maxIdleConnections", options.maxConnections());
        setUnlessSet("jdk.httpserver.maxConnections", options.maxConnections());
        setUnlessSet("sun.net.httpserver.nodelay", true);
    }

    private static void setUnlessSet(String name, Object value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value.toString());
        }
    }

    private static HttpServer listen(ServeOptions options) {
        String where = options.host() + ":" + options.port();
        try {
            return HttpServer.create(
                    new InetSocketAddress(InetAddress.getByName(options.host()), options.port()),
                    options.maxConnections());
        } catch (UnknownHostException e) {
            throw new RlrException(
                    "cannot listen on " + where + ": the address is unknown",
                    "give --host an address of this machine, such as 127.0.0.1 or 0.0.0.0",
                    e);
        } catch (IOException e) {
            throw new RlrException(
                    "cannot listen on " + where + ": " + IoReason.of(e), "give another --port or --host", e);
        }
    }

    private void addRoutes() {
        Reply page = ServePage.page();
        Reply description = Reply.of(Accept.JSON, ServePage.resource("openapi.json"));
        route("/", "GET", request -> page);
        route("/openapi.json", "GET", request -> description);
        route("/healthz", "GET", request -> status("alive"));
        route("/readyz", "GET", request -> {
            requireReady();
            return status("ready");
        });
        route("/metrics", "GET", request -> metrics.reply(request.header("Accept")));
        route("/v1/model", "GET", request -> Reply.json(requireReady().json()));
        route("/v1/detect", "POST", this::detect);
    }

    private void route(String path, String method, Handler handler) {
        Map<String, Handler> methods = new TreeMap<>();
        methods.put(method, handler);
        if (method.equals("GET")) {
            methods.put("HEAD", handler);
        }
        String allowed = String.join(", ", methods.keySet()) + ", OPTIONS";
        methods.put("OPTIONS", request -> new Reply(204, "", new byte[0], Map.of("Allow", allowed)));
        routes.put(path, methods);
    }

    private void addGauges() {
        metrics.gauge("rlr_images_inside", "Images being examined or waiting.", admission::inside);
        metrics.gauge("rlr_bodies_bytes", "Bytes of the request bodies in memory.", bodies::inMemory);
        metrics.gauge("rlr_ready", "1 once the model is loaded and warm.", () -> model.about() == null ? 0 : 1);
        metrics.gauge(
                "rlr_tensor_used_bytes",
                "Bytes of the tensors in use.",
                () -> model.memory().used());
        metrics.gauge(
                "rlr_tensor_held_bytes",
                "Bytes that the backend holds.",
                () -> model.memory().held());
        metrics.gauge("rlr_requests_in_progress", "Requests being read, examined or answered.", () -> {
            synchronized (progress) {
                return inProgress;
            }
        });
    }

    private static Reply status(String status) {
        JsonObject json = new JsonObject();
        json.addProperty("status", status);
        return Reply.json(json);
    }

    private ServedModel.About requireReady() throws Problem {
        if (stopping) {
            throw Problem.stopping();
        }
        ServedModel.About about = model.about();
        if (about == null) {
            throw new Problem(503, "NOT_READY", "the model is being loaded; try again later").retryAfter(1);
        }
        return about;
    }

    /** Starts to listen. Until the model is loaded, detection is answered with 503. */
    void start() {
        server.start();
    }

    /** Returns the address of the service. */
    URI address() {
        InetSocketAddress address = server.getAddress();
        String host = address.getAddress().getHostAddress();
        return URI.create("http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort() + "/");
    }

    /** Checks the model file at intervals, and reloads it when it has changed. */
    void watch(Runnable reload) {
        long nanos = options.reloadEvery().toNanos();
        if (nanos > 0) {
            Future<?> unused = clock.scheduleWithFixedDelay(
                    () -> {
                        if (model.changed()) {
                            reload.run();
                        }
                    },
                    nanos,
                    nanos,
                    TimeUnit.NANOSECONDS);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        long start = System.nanoTime();
        synchronized (progress) {
            inProgress++;
        }
        String path = path(exchange.getRequestURI());
        int status = 500;
        try {
            Request request = new Request(exchange);
            Reply reply = answer(request, path);
            status = reply.status();
            send(request, reply);
        } catch (RequestBodies.TooSlow e) {
            status = 408;
            metrics.problem("SLOW_BODY");
            throw e; // the server then closes the connection
        } finally {
            metrics.answered(routes.containsKey(path) ? path : "other", status, System.nanoTime() - start);
            synchronized (progress) {
                inProgress--;
                progress.notifyAll();
            }
        }
    }

    /** Returns the path as sent, without decoding it or resolving dots. */
    private static String path(URI uri) {
        boolean plain = uri.getScheme() != null || uri.getRawAuthority() == null;
        return plain && uri.getRawPath() != null ? uri.getRawPath() : "";
    }

    private Reply answer(Request request, String path) throws RequestBodies.TooSlow {
        try {
            return handler(request.exchange.getRequestMethod(), path).answer(request);
        } catch (Problem e) {
            metrics.problem(e.reason());
            return e.reply();
        } catch (RequestBodies.TooSlow e) {
            throw e;
        } catch (RlrException e) {
            Problem problem = Problem.of(e, admission.retryAfter());
            if (problem == null) {
                return internal(e);
            }
            if (problem.status() >= 500) {
                LOG.log(System.Logger.Level.WARNING, OptionNames.explain(e));
            }
            metrics.problem(problem.reason());
            return problem.reply();
        } catch (OutOfMemoryError e) {
            metrics.problem("MEMORY");
            return new Problem(503, "MEMORY", "the service is short of memory; try again later or send a smaller image")
                    .retryAfter(admission.retryAfter())
                    .reply();
        } catch (IOException | RuntimeException | Error e) {
            if (stopping) {
                return Problem.stopping().reply(); // the detector was closed during the request
            }
            return internal(e);
        }
    }

    /** Logs the error and returns an answer without its details. */
    private Reply internal(Throwable e) {
        LOG.log(System.Logger.Level.ERROR, "a request failed", e);
        metrics.problem("INTERNAL");
        return new Problem(500, "INTERNAL", "the service failed; its log says why").reply();
    }

    private Handler handler(String method, String path) throws Problem {
        Map<String, Handler> methods = routes.get(path);
        if (methods == null) {
            throw new Problem(404, "NOT_FOUND", "unknown path; the paths are " + String.join(", ", routes.keySet()));
        }
        Handler handler = methods.get(method);
        if (handler == null) {
            String allowed = String.join(", ", methods.keySet());
            throw new Problem(405, "METHOD_NOT_ALLOWED", "the method " + method + " is not allowed; use " + allowed)
                    .header("Allow", allowed);
        }
        return handler;
    }

    private void send(Request request, Reply reply) throws IOException {
        HttpExchange exchange = request.exchange;
        Headers headers = exchange.getResponseHeaders();
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Cache-Control", "no-store");
        reply.headers().forEach(headers::set);
        if (stopping || !request.bodyRead) {
            headers.set("Connection", "close");
        }
        byte[] body = reply.body();
        if (body.length > 0) {
            headers.set("Content-Type", reply.type());
        }
        if (exchange.getRequestMethod().equals("HEAD")) {
            headers.set("Content-Length", Integer.toString(body.length));
            body = new byte[0];
        }
        exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
            exchange.getResponseBody().flush();
        }
        if (!request.bodyRead) {
            bodies.drop(exchange);
        }
        exchange.close();
    }

    private Reply detect(Request request) throws Problem, IOException {
        // browsers set this header for requests of other pages, which users do not see
        if ("cross-site".equals(request.header("Sec-Fetch-Site"))) {
            throw new Problem(403, "CROSS_SITE", "pages of other sites may not use this service");
        }
        Map<String, String> query = query(request.exchange.getRequestURI().getRawQuery());
        String map = query.get("map");
        if (map != null && !map.equals("png")) {
            throw new Problem(400, "BAD_QUERY", "map is '" + map + "'; it must be png");
        }
        boolean picture = Accept.wantsPicture(request.header("Accept"));
        String type = request.header("Content-Type");
        String kind = type == null
                ? "application/octet-stream"
                : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (!kind.startsWith("image/") && !kind.equals("application/octet-stream") && !kind.equals(FORM)) {
            throw new Problem(
                            415,
                            "CONTENT_TYPE",
                            "the content type is " + kind + "; send the bytes of an image as image/png, image/jpeg or"
                                    + " application/octet-stream, or a form as " + FORM)
                    .header("Accept", "image/*, application/octet-stream, " + FORM);
        }
        requireReady();
        try (Admission.Place client =
                        admission.ofClient(request.exchange.getRemoteAddress().getAddress());
                RequestBodies.Body body = bodies.read(request.exchange)) {
            request.bodyRead = true;
            Multipart.Part image = kind.equals(FORM)
                    ? Multipart.image(String.valueOf(type), body.bytes())
                    : new Multipart.Part("", body.bytes());
            try (Admission.Place place = admission.ofImage()) {
                return examine(image, query.get("class"), map != null, picture);
            }
        }
    }

    private Reply examine(Multipart.Part image, @Nullable String className, boolean withMap, boolean picture)
            throws IOException {
        ImageSource source = ImageSource.of("", image.bytes());
        ServedModel.Made made = model.detect(source, className);
        Detection detection = made.detection();
        metrics.examined(detection);
        byte[] overlay = withMap || picture ? overlay(source, made) : new byte[0];
        if (picture) {
            return Reply.of(Accept.PNG, overlay);
        }
        ImageSize size = source.size();
        JsonObject json = DetectCommand.entry(
                image.name(), detection, !made.about().recognizes().isEmpty());
        json.addProperty("image_width", size.width());
        json.addProperty("image_height", size.height());
        json.add("regions", regions(detection.regions(detection.threshold(), size.width(), size.height())));
        if (withMap) {
            json.addProperty("map_png", Base64.getEncoder().encodeToString(overlay));
        }
        return Reply.json(json);
    }

    private static JsonArray regions(List<Region> regions) {
        JsonArray array = new JsonArray();
        for (Region region : regions) {
            JsonObject json = new JsonObject();
            json.addProperty("x", region.x());
            json.addProperty("y", region.y());
            json.addProperty("width", region.width());
            json.addProperty("height", region.height());
            json.addProperty("area", region.area());
            json.addProperty("peak", region.peak());
            json.addProperty("peak_x", region.peakX());
            json.addProperty("peak_y", region.peakY());
            array.add(json);
        }
        return array;
    }

    private byte[] overlay(ImageSource source, ServedModel.Made made) throws IOException {
        drawing.acquireUninterruptibly();
        try {
            RgbImage image = source.read(options.maxPixels());
            double factor = (double) OVERLAY / Math.max(image.width(), image.height());
            if (factor < 1) {
                image = Resize.lanczos(image, (int) Math.max(1, Math.round(image.width() * factor)), (int)
                        Math.max(1, Math.round(image.height() * factor)));
            }
            ByteArrayOutputStream png = new ByteArrayOutputStream();
            PngFile.write(Overlays.overlay(image, made.detection(), made.about().scale()), png);
            return png.toByteArray();
        } finally {
            drawing.release();
        }
    }

    private static Map<String, String> query(@Nullable String raw) throws Problem {
        Map<String, String> values = new LinkedHashMap<>();
        for (String pair : raw == null || raw.isEmpty() ? new String[0] : raw.split("&", -1)) {
            String[] parts = pair.split("=", 2);
            if (parts.length < 2 || !PARAMETERS.contains(parts[0])) {
                throw new Problem(400, "BAD_QUERY", "unknown parameter '" + pair + "'; known: class=NAME and map=png");
            }
            if (values.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8)) != null) {
                throw new Problem(400, "BAD_QUERY", parts[0] + " is given twice");
            }
        }
        return values;
    }

    /**
     * Stops the service: answers new requests with 503, waits for those in progress, then closes connections and model.
     * May be called more than once.
     */
    @Override
    public void close() {
        stopping = true;
        long end = System.nanoTime() + options.stopTimeout().toNanos();
        synchronized (progress) {
            try {
                for (long left = end - System.nanoTime(); inProgress > 0 && left > 0; left = end - System.nanoTime()) {
                    TimeUnit.NANOSECONDS.timedWait(progress, left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        server.stop(0);
        workers.shutdownNow();
        clock.shutdownNow();
        model.close();
    }
}
