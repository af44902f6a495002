package org.example.inspection;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the service.
 *
 * @param model the model file
 * @param maxConcurrent the number of images examined at once
 * @param maxWait how long a request waits for its turn before it gets 503
 * @param maxBytes the largest request body in bytes; larger ones get 413
 * @param maxPixels the largest image in pixels; larger ones get 413
 */
@ConfigurationProperties("inspection")
public record InspectionSettings(
        Path model,
        @DefaultValue("2") int maxConcurrent,
        @DefaultValue("10s") Duration maxWait,
        @DefaultValue("20000000") int maxBytes,
        @DefaultValue("25000000") long maxPixels) {
    /** Checks that a model is set. */
    public InspectionSettings {
        Objects.requireNonNull(model, "no model: start with --inspection.model=FILE");
    }
}
