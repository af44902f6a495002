package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Schedule;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.demo.DemoDataSet;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** A learning rate that changes with every step, and a training that is interrupted midway. */
class ScheduleResumeTest {
    private static final int EPOCHS = 4;
    private static final int BROKEN_IN = 3;
    private static final TrainingSettings SETTINGS = TrainingSettings.builder()
            .epochs(EPOCHS)
            .batchSize(3)
            .learningRate(1e-3f)
            .seed(5)
            .warmupSteps(3)
            .schedule(Schedule.COSINE)
            .build();

    @TempDir
    Path folder;

    private static final class BrokenOff extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private void train(DataSet data, String out, TrainingCheckpoints checkpoints, TrainingListener listener) {
        RlrConfig config = RlrConfig.builder(Backbones.WEIGHT_FREE)
                .imageSize(64, 64)
                .levels(List.of(3))
                .width(16)
                .heads(4)
                .layers(1)
                .build();
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2))) {
            TrainingImages images =
                    new TrainingImages(data.train().stream().map(s -> s.image()).toList(), List.of(), List.of("all"));
            try (RlrModel model = new Trainer(backend, config, SETTINGS, listener)
                    .train(
                            Backbones.create(config.backbone(), backend, config.levels(), null, null),
                            images,
                            checkpoints,
                            null)
                    .model()) {
                ModelFile.save(model, folder.resolve(out));
            }
        }
    }

    @Test
    void brokenOffAndResumedIsAsLeftAlone() throws IOException {
        DemoDataSet.generate(folder.resolve("data"), 64, 2, 1, 1, 11, 2);
        DataSet data = DataLayouts.read(folder.resolve("data"));
        Path state = folder.resolve("state");
        assertThrows(
                BrokenOff.class,
                () -> train(data, "broken", new TrainingCheckpoints(state, 1, null), new TrainingListener() {
                    @Override
                    public void step(int epoch, int epochs, int step, int steps, double loss, int images) {
                        if (epoch == BROKEN_IN) {
                            throw new BrokenOff();
                        }
                    }
                }));
        train(data, "resumed", new TrainingCheckpoints(null, 1, state), TrainingListener.SILENT);
        train(data, "alone", TrainingCheckpoints.NONE, TrainingListener.SILENT);
        assertEquals(-1, Files.mismatch(folder.resolve("alone"), folder.resolve("resumed")));
    }
}
