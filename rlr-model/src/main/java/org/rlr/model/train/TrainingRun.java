package org.rlr.model.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.BorrowedBackbone;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.DiskSpace;
import org.rlr.tensor.io.RescuedFiles;

/**
 * One training and the files that it writes.
 *
 * @param config the model
 * @param settings the training
 * @param scoring how the model scores
 * @param out the model's file
 * @param checkpoints the training's state
 * @param metrics CSV file with a line per epoch ({@link MetricsFile}); null for none
 * @param bestOnTest file of the model that was best on the test images; null for none
 */
public record TrainingRun(
        RlrConfig config,
        TrainingSettings settings,
        Scoring scoring,
        Path out,
        TrainingCheckpoints checkpoints,
        @Nullable Path metrics,
        @Nullable Path bestOnTest) {

    /**
     * Checks before hours of training that there is room for the files of runs.
     *
     * @param runs alike but for their seeds and files
     * @param backbone the configuration's
     * @param backend where to train
     * @throws org.rlr.tensor.ResourceException if there is too little room
     */
    public static void requireRoom(List<TrainingRun> runs, Backbone backbone, Backend backend) {
        RlrConfig config = runs.get(0).config;
        long parameters = 0;
        for (LevelConfig shape : config.shapes(backbone.info().levels())) {
            try (RlrTransformer transformer = new RlrTransformer(shape, backend, false)) {
                parameters += transformer.parameters().count();
            }
        }
        List<DiskSpace.Planned> files = new ArrayList<>();
        for (TrainingRun run : runs) {
            run.plan(files, backbone, parameters);
        }
        DiskSpace.require(files);
    }

    /** Adds the files whose sizes are known beforehand, in the order in which they are written. */
    private void plan(List<DiskSpace.Planned> files, Backbone backbone, long parameters) {
        long model = ModelFile.bytes(config, backbone, parameters);
        if (checkpoints.file() != null) {
            int kept = (settings.validation() != null && settings.validation().keepBest() ? 1 : 0)
                    + (bestOnTest == null ? 0 : 1);
            files.add(new DiskSpace.Planned(
                    "`TrainingCheckpoints.file`",
                    checkpoints.file(),
                    TrainingState.bytes(parameters, kept),
                    checkpoints.every() < settings.epochs()));
        }
        files.add(new DiskSpace.Planned("`out`", out, model, false));
        if (bestOnTest != null) {
            files.add(new DiskSpace.Planned("`bestOnTest`", bestOnTest, model, false));
        }
    }

    /**
     * Trains and writes all files. A file that its place does not take is kept elsewhere ({@link RescuedFiles}).
     *
     * @param backend where to train; stays the caller's
     * @param backbone the configuration's; stays the caller's
     * @param images those learned from, at least one, and those held out
     * @param test the test images to evaluate after epochs; null for none
     * @param features the feature maps of all images, test images too, computed before; null to compute them
     * @param listener hears the progress, and of each model that is in its place
     * @return the description of the model
     * @throws org.rlr.tensor.RlrException as {@link Trainer#train}, or if a file cannot be written
     */
    public ModelInfo train(
            Backend backend,
            Backbone backbone,
            TrainingImages images,
            @Nullable TestEvaluation test,
            @Nullable SharedFeatures features,
            TrainingListener listener) {
        try (MetricsFile csv = metrics == null
                        ? null
                        : new MetricsFile(metrics, config.levels(), checkpoints.resume() != null, listener);
                Trained trained = new Trainer(
                                backend, config, settings, csv == null ? listener : csv, scoring, features)
                        .train(new BorrowedBackbone(backbone), images, checkpoints, test)) {
            RescuedFiles files = new RescuedFiles();
            save(files, trained.model(), out, listener);
            if (trained.bestOnTest() != null && bestOnTest != null) {
                save(files, trained.bestOnTest(), bestOnTest, listener);
            }
            files.requireInPlace();
            return trained.model().info();
        }
    }

    private static void save(RescuedFiles files, RlrModel model, Path target, TrainingListener listener) {
        if (files.write(target, file -> ModelFile.save(model, file))) {
            listener.saved(target, model.info());
        }
    }
}
