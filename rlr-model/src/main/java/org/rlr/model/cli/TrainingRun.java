package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.rlr.model.ModelFile;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.BorrowedBackbone;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.DataSet;
import org.rlr.model.train.MetricsFile;
import org.rlr.model.train.SharedFeatures;
import org.rlr.model.train.TestEvaluation;
import org.rlr.model.train.Trained;
import org.rlr.model.train.Trainer;
import org.rlr.model.train.TrainingCheckpoints;
import org.rlr.model.train.TrainingImages;
import org.rlr.model.train.ValidationSplit;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.DiskSpace;
import org.rlr.tensor.io.IoReason;
import org.rlr.tensor.io.RescuedFiles;

/**
 * One training and the files that it writes.
 *
 * @param config what to train
 * @param settings how
 * @param scoring how the model scores
 * @param weights the backbone's weights, or null
 * @param out the model
 * @param checkpoints the training's state
 * @param metrics CSV file, or null
 * @param bestOnTest the best model on the test images, or null
 */
record TrainingRun(
        RlrConfig config,
        TrainingSettings settings,
        Scoring scoring,
        Path weights,
        Path out,
        TrainingCheckpoints checkpoints,
        Path metrics,
        Path bestOnTest) {

    /**
     * Finds out before hours of training whether all files can be written. @throws RlrException if not, or if one would
     * overwrite another
     */
    void requireWritable() {
        Map<String, Path> files = new LinkedHashMap<>();
        files.put("--out", out);
        files.put("--checkpoint", checkpoints.file());
        files.put("--metrics", metrics);
        files.put("--best-on-test", bestOnTest);
        requireWritable(files);
    }

    /**
     * Finds out whether files can be written, by the options that name them; null for those that are not asked
     * for. @throws RlrException as {@link #requireWritable()}
     */
    static void requireWritable(Map<String, Path> files) {
        Set<Path> seen = new HashSet<>();
        files.forEach((option, file) -> {
            if (file != null && !seen.add(file.toAbsolutePath().normalize())) {
                throw new RlrException(file + " is named for two different files; give each of "
                        + String.join(", ", files.keySet()) + " one of its own");
            }
        });
        files.forEach((option, file) -> {
            if (file != null) {
                writable(file, option);
            }
        });
    }

    /**
     * The files whose sizes are known beforehand, in the order in which they are written.
     *
     * @param parameters of the transformers
     */
    List<DiskSpace.Planned> planned(Backbone backbone, long parameters) {
        long model = ModelFile.bytes(config, backbone, parameters);
        List<DiskSpace.Planned> files = new ArrayList<>();
        if (checkpoints.file() != null) {
            int kept = (settings.validation() != null && settings.validation().keepBest() ? 1 : 0)
                    + (bestOnTest == null ? 0 : 1);
            files.add(new DiskSpace.Planned(
                    "--checkpoint",
                    checkpoints.file(),
                    TrainingCheckpoints.bytes(parameters, kept),
                    checkpoints.every() < settings.epochs()));
        }
        files.add(new DiskSpace.Planned("--out", out, model, false));
        if (bestOnTest != null) {
            files.add(new DiskSpace.Planned("--best-on-test", bestOnTest, model, false));
        }
        return files;
    }

    /**
     * Finds out before hours of training whether there is room for what runs, which differ in nothing but seed and
     * files, will write. @throws RlrException if not
     */
    static void requireRoom(List<TrainingRun> runs, Backbone backbone, Backend device) {
        RlrConfig config = runs.get(0).config;
        long parameters = 0;
        for (LevelConfig shape : config.shapes(backbone.info().levels())) {
            try (RlrTransformer transformer = new RlrTransformer(shape, device, false)) {
                parameters += transformer.parameters().count();
            }
        }
        long each = parameters;
        DiskSpace.require(runs.stream()
                .flatMap(run -> run.planned(backbone, each).stream())
                .toList());
    }

    /**
     * Trains, writes everything and says so.
     *
     * @param backbone the configuration's; it stays the caller's
     * @param features feature maps of all images, computed before; null to compute them
     * @throws RlrException also where a file cannot be written; a model is then kept elsewhere
     */
    ModelInfo train(
            Backend device,
            Backbone backbone,
            DataSet data,
            TestEvaluation test,
            SharedFeatures features,
            PrintWriter text) {
        long started = System.nanoTime();
        TrainingImages images = ValidationSplit.of(data, settings.validation(), settings.seed());
        if (settings.validation() != null) {
            text.printf(
                    "%d of them learned from, %d held out%n",
                    images.training().size(), images.validation().size());
            text.flush();
        }
        AtomicBoolean saved = new AtomicBoolean();
        Thread interrupted = new Thread(() -> {
            if (!saved.get()) {
                System.err.printf(
                        "%ninterrupted: %s; run the same command again to train anew%s%n",
                        Files.exists(out) ? out + " is as it was before" : out + " was not written",
                        checkpoints.file() != null && Files.exists(checkpoints.file())
                                ? ", with --resume " + checkpoints.file() + " to go on from its state"
                                : "");
            }
        });
        Runtime.getRuntime().addShutdownHook(interrupted);
        try (MetricsFile csv = metrics == null
                        ? null
                        : new MetricsFile(metrics, config.levels(), checkpoints.resume() != null);
                TrainingProgress progress = new TrainingProgress(csv);
                Trained trained = new Trainer(device, config, settings, progress, scoring, features)
                        .train(new BorrowedBackbone(backbone), images, checkpoints, test)) {
            progress.end();
            RescuedFiles files = new RescuedFiles();
            ModelInfo info = trained.model().info();
            if (files.write(out, file -> ModelFile.save(trained.model(), file))) {
                saved.set(true);
                text.printf(
                        Locale.ROOT,
                        "%s: %.1f MB, loss %.4f after %d epochs, threshold %.4f, %.0f s%n",
                        out,
                        size(out) / 1e6,
                        info.loss(),
                        info.selection() == null
                                ? settings.epochs()
                                : info.selection().epoch(),
                        info.scores().threshold(),
                        (System.nanoTime() - started) / 1e9);
                if (info.selection() != null) {
                    text.println("  " + SelectionText.of(info));
                }
            }
            if (trained.bestOnTest() != null
                    && files.write(bestOnTest, file -> ModelFile.save(trained.bestOnTest(), file))) {
                text.println(bestOnTest + ": "
                        + SelectionText.of(trained.bestOnTest().info()));
            }
            text.flush();
            files.requireInPlace();
            return info;
        } finally {
            forget(interrupted);
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook is what runs now.
        }
    }

    /** Finds out whether a file can be written that an option names. @throws RlrException if not */
    static void writable(Path file, String option) {
        OutputFiles.requireWritable(file, option, false);
        Path folder = file.toAbsolutePath().getParent();
        if (!OutputFiles.special(file) && (folder == null || !Files.isDirectory(folder))) {
            throw new RlrException("cannot write " + file + ": there is no folder " + folder + "; make it first");
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (java.io.IOException e) {
            throw new RlrException("cannot read " + file + " back: " + IoReason.of(e), e);
        }
    }
}
