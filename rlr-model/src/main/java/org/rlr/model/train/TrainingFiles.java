package org.rlr.model.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.TrainingSettings;
import org.rlr.tensor.io.DiskSpace;
import org.rlr.tensor.io.RescuedFiles;

/** The files that a training writes. */
final class TrainingFiles {
    TrainingCheckpoints checkpoints = TrainingCheckpoints.NONE;

    @Nullable
    Path metrics;

    @Nullable
    Path model;

    @Nullable
    Path bestOnTest;

    /** Returns a lock that keeps other trainings from writing the files until it is closed. */
    OutputLock lock() {
        Map<String, @Nullable Path> outputs = new LinkedHashMap<>();
        outputs.put("`out`", model);
        outputs.put("`TrainingCheckpoints.file`", checkpoints.file());
        outputs.put("`metrics`", metrics);
        outputs.put("`bestOnTest`", bestOnTest);
        return OutputLock.of(outputs);
    }

    /** Returns the files whose sizes are known beforehand, in the order in which they are written. */
    List<DiskSpace.Planned> planned(TrainingSettings how, boolean keepsBestOnTest, long parameters, long modelBytes) {
        List<DiskSpace.Planned> files = new ArrayList<>();
        if (checkpoints.file() != null) {
            int kept = (how.validation() != null && how.validation().keepBest() ? 1 : 0) + (keepsBestOnTest ? 1 : 0);
            files.add(new DiskSpace.Planned(
                    "`TrainingCheckpoints.file`",
                    checkpoints.file(),
                    TrainingState.bytes(parameters, kept),
                    checkpoints.every() < how.epochs()));
        }
        if (model != null) {
            files.add(new DiskSpace.Planned("`out`", model, modelBytes, false));
        }
        if (bestOnTest != null) {
            files.add(new DiskSpace.Planned("`bestOnTest`", bestOnTest, modelBytes, false));
        }
        return files;
    }

    @Nullable
    MetricsFile openMetrics(List<Integer> levels, TrainingListener listener) {
        return metrics == null ? null : new MetricsFile(metrics, levels, checkpoints.resume() != null, listener);
    }

    /** Writes the models; a model that cannot be written to its file is kept elsewhere. */
    void save(Trained trained, TrainingListener listener) {
        RescuedFiles files = new RescuedFiles();
        save(files, trained.model(), model, listener);
        if (trained.bestOnTest() != null) {
            save(files, trained.bestOnTest(), bestOnTest, listener);
        }
        files.requireInPlace();
    }

    private static void save(RescuedFiles files, RlrModel trained, @Nullable Path target, TrainingListener listener) {
        if (target != null && files.write(target, file -> ModelFile.save(trained, file))) {
            listener.saved(target, trained.info());
        }
    }
}
