package org.rlr.model.cli;

import java.time.Duration;
import org.rlr.model.detect.DetectorOptions;
import org.rlr.tensor.InvalidSettingException;
import picocli.CommandLine.Option;

/** Options for the address and the limits of a service. */
final class ServeOptions {
    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for all networks (default: "
                    + "${DEFAULT-VALUE}).")
    private String host;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "Port to listen on; 0 for any free port (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--max-body",
            paramLabel = "MIB",
            defaultValue = "32",
            description = "Largest request body in MiB; larger ones get status 413 (default: ${DEFAULT-VALUE}).")
    private int maxBody;

    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            defaultValue = "40000000",
            description = "Largest image in pixels; larger ones get status 413 (default: ${DEFAULT-VALUE}).")
    private long maxPixels;

    @Option(
            names = "--max-concurrent",
            paramLabel = "N",
            defaultValue = "2",
            description = "Images decoded and computed at once (default: ${DEFAULT-VALUE}).")
    private int maxConcurrent;

    @Option(
            names = "--max-queued",
            paramLabel = "N",
            defaultValue = "64",
            description = "Images that may wait in the queue; further ones get status 503 (default: ${DEFAULT-VALUE}).")
    private int maxQueued;

    @Option(
            names = "--max-wait",
            paramLabel = "TIME",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "Longest time of an image in the queue; then it gets status 503 (default: ${DEFAULT-VALUE}).")
    private Duration maxWait;

    @Option(
            names = "--max-per-client",
            paramLabel = "N",
            defaultValue = "0",
            description = "Images in the service per client address; further ones get status 429 (default: no limit).")
    private int maxPerClient;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "256",
            description = "Connections open at once; further ones are closed (default: ${DEFAULT-VALUE}).")
    private int maxConnections;

    @Option(
            names = "--body-timeout",
            paramLabel = "TIME",
            defaultValue = "60s",
            converter = DurationConverter.class,
            description = "Longest time for a request body to arrive; then the request gets status 408 (default: "
                    + "${DEFAULT-VALUE}).")
    private Duration bodyTimeout;

    @Option(
            names = "--stop-timeout",
            paramLabel = "TIME",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "Longest wait for requests in progress when the service stops (default: ${DEFAULT-VALUE}).")
    private Duration stopTimeout;

    @Option(
            names = "--reload-every",
            paramLabel = "TIME",
            defaultValue = "5s",
            converter = DurationConverter.class,
            description = "Time between checks for a changed model file; 0s for no checks (default: ${DEFAULT-VALUE}).")
    private Duration reloadEvery;

    /**
     * Checks the values that no other class checks.
     *
     * @throws InvalidSettingException if a value is out of range
     */
    void check() {
        InvalidSettingException.require(port >= 0 && port <= 65535, "port", port, "between 0 and 65535");
        InvalidSettingException.require(maxBody >= 1 && maxBody <= 1024, "maxBody", maxBody, "between 1 and 1024");
        InvalidSettingException.require(maxQueued >= 0, "maxQueued", maxQueued, "at least 0");
        InvalidSettingException.require(maxPerClient >= 0, "maxPerClient", maxPerClient, "at least 0");
        InvalidSettingException.require(
                maxConnections >= 1 && maxConnections <= 10_000,
                "maxConnections",
                maxConnections,
                "between 1 and 10000");
        requirePositive("bodyTimeout", bodyTimeout);
        requirePositive("maxWait", maxWait);
        InvalidSettingException.require(!stopTimeout.isNegative(), "stopTimeout", stopTimeout, "at least 0s");
        InvalidSettingException.require(!reloadEvery.isNegative(), "reloadEvery", reloadEvery, "at least 0s");
        detector().build();
    }

    private static void requirePositive(String name, Duration value) {
        InvalidSettingException.require(!value.isNegative() && !value.isZero(), name, value, "above 0s");
    }

    String host() {
        return host;
    }

    int port() {
        return port;
    }

    /** Returns the largest request body in bytes. */
    int maxBody() {
        return maxBody << 20;
    }

    long maxPixels() {
        return maxPixels;
    }

    int maxConcurrent() {
        return maxConcurrent;
    }

    int maxQueued() {
        return maxQueued;
    }

    Duration maxWait() {
        return maxWait;
    }

    int maxPerClient() {
        return maxPerClient;
    }

    int maxConnections() {
        return maxConnections;
    }

    Duration bodyTimeout() {
        return bodyTimeout;
    }

    Duration stopTimeout() {
        return stopTimeout;
    }

    Duration reloadEvery() {
        return reloadEvery;
    }

    /** Returns the options for a detector. */
    DetectorOptions.Builder detector() {
        return DetectorOptions.builder()
                .maxConcurrent(maxConcurrent)
                .maxWait(maxWait)
                .maxPixels(maxPixels)
                .warmUp(true);
    }
}
