package org.rlr.model.cli;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.detect.Detection;
import org.rlr.model.detect.DetectionTimes;

/** The metrics of a service, for Prometheus. */
final class ServeMetrics {
    private static final double NANOS = 1e9;
    private static final double[] SECONDS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final ExpositionFormats formats = ExpositionFormats.init();

    private final Counter requests = Counter.builder()
            .name("rlr_requests_total")
            .help("Requests by path and status of the answer.")
            .labelNames("path", "status")
            .register(registry);
    private final Histogram durations = Histogram.builder()
            .name("rlr_request_seconds")
            .help("Time from a request's header to the end of its answer.")
            .classicOnly()
            .classicUpperBounds(SECONDS)
            .labelNames("path")
            .register(registry);
    private final Histogram steps = Histogram.builder()
            .name("rlr_detect_step_seconds")
            .help("Time of the steps of a detection; waiting is the time in the queue.")
            .classicOnly()
            .classicUpperBounds(SECONDS)
            .labelNames("step")
            .register(registry);
    private final Counter images = Counter.builder()
            .name("rlr_images_total")
            .help("Images examined, by verdict.")
            .labelNames("verdict")
            .register(registry);
    private final Counter problems = Counter.builder()
            .name("rlr_problems_total")
            .help("Requests answered by an error, by reason.")
            .labelNames("reason")
            .register(registry);
    private final Counter loads = Counter.builder()
            .name("rlr_model_loads_total")
            .help("Number of loads of the model file, by result.")
            .labelNames("result")
            .register(registry);

    ServeMetrics() {
        JvmMetrics.builder().register(registry);
        for (String verdict : new String[] {"normal", "anomalous", "unknown_product"}) {
            images.initLabelValues(verdict);
        }
        loads.initLabelValues("success");
        loads.initLabelValues("failure");
    }

    /** Adds a gauge whose value is read at each scrape. */
    void gauge(String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsDouble()))
                .register(registry);
    }

    void answered(String path, int status, long nanos) {
        requests.labelValues(path, Integer.toString(status)).inc();
        durations.labelValues(path).observe(nanos / NANOS);
    }

    void problem(String reason) {
        problems.labelValues(reason).inc();
    }

    void loaded(boolean success) {
        loads.labelValues(success ? "success" : "failure").inc();
    }

    void examined(Detection detection) {
        images.labelValues(
                        detection.unknownProduct() ? "unknown_product" : detection.anomalous() ? "anomalous" : "normal")
                .inc();
    }

    void steps(DetectionTimes times) {
        step("waiting", times.waiting());
        step("decode", times.decode());
        step("preprocess", times.preprocess());
        step("backbone", times.backbone());
        step("transformer", times.transformer());
        step("map", times.map());
    }

    private void step(String name, Duration time) {
        steps.labelValues(name).observe(time.toNanos() / NANOS);
    }

    /** Returns all metrics in a format that the client accepts, by default the text format. */
    Reply reply(@Nullable String accept) throws IOException {
        ExpositionFormatWriter writer = formats.findWriter(accept);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        writer.write(text, registry.scrape());
        return Reply.of(writer.getContentType(), text.toByteArray());
    }
}
