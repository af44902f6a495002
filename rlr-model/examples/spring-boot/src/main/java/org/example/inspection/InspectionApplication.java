package org.example.inspection;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import org.rlr.model.detect.DetectionTimes;
import org.rlr.model.detect.DetectorOptions;
import org.rlr.model.detect.ReloadableDetector;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;

/** A service that decides whether images are normal. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class InspectionApplication {
    /**
     * Starts the service.
     *
     * @param args properties, as {@code --inspection.model=FILE}
     */
    public static void main(String[] args) {
        SpringApplication.run(InspectionApplication.class, args);
    }

    /**
     * The detector, loaded before the service accepts requests, and closed with it.
     *
     * @param settings of this service
     * @param metrics durations of the steps, and memory
     */
    @Bean
    ReloadableDetector detector(InspectionSettings settings, MeterRegistry metrics) {
        DetectorOptions options = DetectorOptions.builder()
                .maxConcurrent(settings.maxConcurrent())
                .maxWait(settings.maxWait())
                .maxPixels(settings.maxPixels())
                .warmUp(true)
                .observer(times -> record(metrics, times))
                .build();
        ReloadableDetector detector = ReloadableDetector.load(settings.model(), options);
        metrics.gauge("rlr.memory.used", detector, d -> d.memory().used());
        metrics.gauge("rlr.memory.held", detector, d -> d.memory().held());
        return detector;
    }

    private static void record(MeterRegistry metrics, DetectionTimes times) {
        record(metrics, "waiting", times.waiting());
        record(metrics, "decode", times.decode());
        record(metrics, "preprocess", times.preprocess());
        record(metrics, "backbone", times.backbone());
        record(metrics, "transformer", times.transformer());
        record(metrics, "map", times.map());
    }

    private static void record(MeterRegistry metrics, String step, Duration duration) {
        metrics.timer("rlr.detect", "step", step).record(duration);
    }
}
