package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Thresholds;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** A service reloads its model when the file changes. */
class ServedModelTest {
    private final byte[] bytes = TinyModel.bytes(1);

    @TempDir
    Path folder;

    /** Replaces the model file by one with another threshold. */
    private void replace(Path served, double threshold) throws IOException {
        Path next = folder.resolve("next");
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));
                RlrModel model = ModelFile.load(TinyModel.model(), backend)) {
            ModelInfo info = model.info();
            Thresholds thresholds = info.toBuilder()
                    .scores(ScoreStatistics.given(threshold))
                    .build()
                    .thresholds();
            ModelFile.save(model.with(info.with(thresholds)), next);
        }
        Files.move(next, served, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void followsTheFile() throws Exception {
        Path served = folder.resolve("served");
        Files.copy(TinyModel.model(), served);
        try (ServiceRun reloading = new ServiceRun(served, ServiceRun.onFreePort())) {
            reloading.model.load();
            assertFalse(reloading.model.changed());
            replace(served, 123.5);
            assertFalse(reloading.model.changed(), "a file seen for the first time may be incomplete");
            assertTrue(reloading.model.changed());
            reloading.model.load();
            assertFalse(reloading.model.changed());
            JsonObject json = ServiceRun.json(reloading.post("v1/detect", "image/png", bytes));
            assertEquals(123.5, json.get("threshold").getAsDouble());
            assertEquals(
                    123.5,
                    ServiceRun.json(reloading.get("v1/model")).get("threshold").getAsDouble());

            Files.writeString(served, "no model");
            assertFalse(reloading.model.changed());
            assertTrue(reloading.model.changed());
            assertThrows(RlrException.class, reloading.model::load);
            assertFalse(reloading.model.changed(), "a broken file is not loaded again until it changes");
            assertEquals(200, reloading.post("v1/detect", "image/png", bytes).statusCode());
            Files.delete(served);
            assertFalse(reloading.model.changed());
            assertFalse(reloading.model.changed());
        }
    }

    @Test
    void isTriggeredByTheFile() throws Exception {
        Path served = folder.resolve("served");
        Files.copy(TinyModel.model(), served);
        try (ServiceRun watching = new ServiceRun(served, ServiceRun.onFreePort("--reload-every", "0.02s"))) {
            watching.model.load();
            CountDownLatch loaded = new CountDownLatch(1);
            watching.service.watch(() -> {
                watching.model.load();
                loaded.countDown();
            });
            replace(served, 99.5);
            loaded.await();
            JsonObject json = ServiceRun.json(watching.get("v1/model"));
            assertEquals(99.5, json.get("threshold").getAsDouble());
        }
    }
}
