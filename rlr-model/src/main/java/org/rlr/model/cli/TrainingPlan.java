package org.rlr.model.cli;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.DataSet;
import org.rlr.model.train.RlrTraining;
import org.rlr.model.train.SharedFeatures;
import org.rlr.model.train.TestEvaluation;
import org.rlr.model.train.TrainingCheckpoints;
import org.rlr.tensor.backend.Backend;

/** The settings of a training, from the options. */
record TrainingPlan(
        RlrConfig config,
        TrainingSettings settings,
        Scoring scoring,
        Path out,
        TrainingCheckpoints checkpoints,
        @Nullable Path metrics,
        @Nullable Path bestOnTest,
        @Nullable Duration time) {

    /** Returns the training with the backbone of the configuration, which the caller closes. */
    RlrTraining on(
            DataSet data,
            Backend device,
            Backbone backbone,
            @Nullable TestEvaluation test,
            @Nullable SharedFeatures features) {
        RlrTraining training = RlrTraining.on(data)
                .config(config)
                .settings(settings)
                .scoring(scoring)
                .backend(device)
                .backbone(backbone)
                .features(features)
                .resume(checkpoints.resume())
                .metrics(metrics)
                .saveTo(out)
                .saveBestOnTestTo(bestOnTest)
                .time(time);
        if (checkpoints.file() != null) {
            training.checkpoint(checkpoints.file(), checkpoints.every());
        }
        return test == null ? training : training.testEvery(test.every());
    }
}
