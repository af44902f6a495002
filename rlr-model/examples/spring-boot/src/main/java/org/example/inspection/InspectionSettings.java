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
 * @param maxConcurrent images that are examined at once
 * @param maxWait how long a request waits for its turn before it is answered by 503
 * @param maxBytes of a request's body; more are answered by 413
 * @param maxPixels of an image; more are answered by 413
 */
@ConfigurationProperties("inspection")
public record InspectionSettings(
        Path model,
        @DefaultValue("2") int maxConcurrent,
        @DefaultValue("10s") Duration maxWait,
        @DefaultValue("20000000") int maxBytes,
        @DefaultValue("25000000") long maxPixels) {
    /** Checks that there is a model. */
    public InspectionSettings {
        Objects.requireNonNull(model, "no model: start with --inspection.model=FILE");
    }
}
