package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Texts;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSize;
import org.rlr.model.report.ThresholdText;
import org.rlr.model.train.ConfigFile;
import org.rlr.model.train.Recipe;
import org.rlr.model.train.RlrTraining;
import org.rlr.model.train.SharedFeatures;
import org.rlr.model.train.TestEvaluation;
import org.rlr.model.train.Trained;
import org.rlr.model.train.TrainingImages;
import org.rlr.model.train.ValidationSplit;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlr train}. */
@Command(
        name = "train",
        defaultValueProvider = OptionDefaults.Training.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Train one model on the normal images of all classes in a folder.",
            "DIR is a data set in a known layout (class folders with train/good, …, see --layout), one class "
                    + "of it, or a plain folder of normal images.",
            "The defaults train in minutes on a CPU; --recipe published uses the paper's settings."
        })
final class TrainCommand implements Callable<Integer> {
    private static final String BETTER_BACKBONE =
            "a backbone with pretrained weights detects better: 'rlr weights get tf_efficientnet_lite2' (24 "
                    + "MB), then --backbone tf_efficientnet_lite2";

    @Spec
    private CommandSpec spec;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Folder with the training images.")
    private Path data;

    @Mixin
    private LayoutOption layout;

    @Option(names = "--out", required = true, paramLabel = "MODEL", description = "Model file to write (SafeTensors).")
    private Path out;

    @Option(
            names = "--backbone",
            paramLabel = "NAME",
            description = "Feature extractor ('rlr backbones' lists them; default: scattering, which needs no "
                    + "weights; with --weights: tf_efficientnet_b6).")
    private String backbone;

    @Mixin
    private WeightsOptions weights;

    @Option(
            names = "--config",
            paramLabel = "FILE.json",
            description = "Read the settings of model and training from a file printed by 'rlr info --json'; options "
                    + "given here override them.")
    private Path config;

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--time",
            paramLabel = "T",
            converter = DurationConverter.class,
            description = "Train for about this time, as in 90s, 10m or 1h: the time of a few steps gives the number "
                    + "of epochs. Prints that number; --epochs with it gives the same model.")
    private Duration time;

    @Mixin
    private CheckpointOptions checkpoints;

    @Mixin
    private ScoringOptions scoring;

    @Mixin
    private BackendOptions backend;

    @Mixin
    private ResearchOptions research;

    @Option(
            names = "--seeds",
            paramLabel = "SEED",
            split = ",",
            description = "Train once per seed, one after the other, with the seed in the file names; prints mean ± "
                    + "standard deviation of all metrics.")
    private List<Long> seeds;

    @Option(
            names = "--summary",
            paramLabel = "FILE",
            description = "With --seeds: write the metrics of all runs, their mean and standard deviation as JSON.")
    private Path summary;

    @Override
    public Integer call() {
        PrintWriter text = spec.commandLine().getOut();
        research.check();
        requireOneLength();
        DataSet images = layout.read(data, spec).requireTraining();
        ConfigFile base = model.base(config, weights.backbone(backbone), images);
        if (!base.saysTraining()) {
            spec.commandLine()
                    .getErr()
                    .println("note: " + config
                            + " has no training settings; the published settings are used where no option is given");
            spec.commandLine().getErr().flush();
        }
        String name = backbone != null ? backbone : base.config().backbone();
        RlrConfig shape = model.config(name, base.config());
        TrainingPlan run = new TrainingPlan(
                shape,
                model.training(config == null ? model.fitted(base.training(), shape) : base.training()),
                scoring.one(base.scoring(), shape),
                out,
                checkpoints.of(out),
                research.metrics(),
                research.bestOnTest(),
                time);
        SeedRuns runs = seedRuns(run);
        if (runs == null) {
            requireWritable(run);
        }
        TestEvaluation test = research.evaluation(images);
        text.printf(
                "%s of %s (%s layout)%n",
                Texts.count(images.train().size(), "normal image"),
                Texts.count(images.classes().size(), "class"),
                images.layout());
        try (Backend device = backend.open()) {
            text.printf("backbone %s, %s%n", name, device.description());
            text.printf(
                    "model of width %d and %s, image size %s%n",
                    shape.width(),
                    Texts.count(shape.layers(), "layer"),
                    new ImageSize(shape.imageWidth(), shape.imageHeight()));
            if (backbone == null && config == null && !Backbones.info(name).needsWeights()) {
                text.println(BETTER_BACKBONE);
            }
            if (config == null && model.holdsOut() && run.settings().validation() == null) {
                text.printf(
                        "no images are held out: %d are too few for a threshold at a false-alarm rate of %s%n",
                        images.train().size(), Recipe.FALSE_ALARM_RATE);
            }
            text.flush();
            try (Backbone opened = Backbones.open(name, weights.of(name), shape.levels(), device)) {
                if (runs == null) {
                    ModelInfo info = train(run, device, opened, images, test, null, text);
                    next(info, images, text);
                } else {
                    RlrTraining.requireRoom(
                            runs.runs().stream()
                                    .map(each -> each.on(images, device, opened, test, null))
                                    .toList(),
                            opened,
                            device);
                    runs.train(device, opened, images, test, text);
                }
            }
        }
        return 0;
    }

    private void requireOneLength() {
        if (time != null && spec.commandLine().getParseResult().hasMatchedOption("--epochs")) {
            throw new RlrException("--time and --epochs exclude each other", "omit one");
        }
    }

    /** Prints the threshold of the model and the next commands. */
    private void next(ModelInfo info, DataSet images, PrintWriter text) {
        Threshold threshold = info.thresholds().common();
        text.println("threshold " + ThresholdText.of(threshold));
        if (threshold.falseAlarmRate() != null) {
            text.printf(
                    "  expected false alarms on normal images like these: %s (95 %% confidence)%n",
                    ThresholdText.percent(threshold.falseAlarmRate()));
        } else {
            text.printf(
                    "  only preliminary, since training images score lower than new ones; choose a better one "
                            + "from normal images not trained on: rlr threshold --model %s --normal DIR%n",
                    FileNames.quoted(out));
        }
        info.thresholds()
                .perClass()
                .forEach((name, own) -> text.println("  " + FileNames.printable(name) + " " + ThresholdText.of(own)));
        text.print("next:");
        if (!images.test().isEmpty()) {
            text.printf(" rlr evaluate --model %s --data %s;", FileNames.quoted(out), FileNames.quoted(data));
        }
        text.printf(" rlr detect --model %s IMAGE_OR_DIR%n", FileNames.quoted(out));
        text.flush();
    }

    /** Returns the runs of several seeds; null for a single run. */
    private @Nullable SeedRuns seedRuns(TrainingPlan run) {
        if (seeds == null) {
            if (summary != null) {
                throw new RlrException(
                        "--summary " + summary + " needs several runs", "give --seeds A,B,… too, or use --metrics");
            }
            return null;
        }
        if (spec.commandLine().getParseResult().hasMatchedOption("--seed")) {
            throw new RlrException("--seed and --seeds exclude each other", "omit one");
        }
        return new SeedRuns(seeds, run, summary);
    }

    /** Checks before hours of training that the files of a run can be written and are different. */
    static void requireWritable(TrainingPlan run) {
        Map<String, Path> files = new LinkedHashMap<>();
        files.put("--out", run.out());
        files.put("--checkpoint", run.checkpoints().file());
        files.put("--metrics", run.metrics());
        files.put("--best-on-test", run.bestOnTest());
        OutputFiles.requireWritable(files);
    }

    /**
     * Trains, writes all files and prints their names.
     *
     * @param backbone backbone of the configuration; the caller closes it
     * @param features feature maps of all images, computed before; null to compute them
     * @throws RlrException also if a file cannot be written; a model is then saved elsewhere
     */
    static ModelInfo train(
            TrainingPlan run,
            Backend device,
            Backbone backbone,
            DataSet data,
            @Nullable TestEvaluation test,
            @Nullable SharedFeatures features,
            PrintWriter text) {
        long started = System.nanoTime();
        TrainingSettings settings = run.settings();
        TrainingImages images = ValidationSplit.of(data, settings.validation(), settings.seed());
        if (settings.validation() != null) {
            text.printf(
                    "%d for training, %d held out%n",
                    images.training().size(), images.validation().size());
            text.flush();
        }
        Thread interrupted = new Thread(() -> interrupted(run));
        Runtime.getRuntime().addShutdownHook(interrupted);
        try (TrainingProgress progress = new TrainingProgress(
                (file, info) -> {
                    if (file.equals(run.out())) {
                        forget(interrupted);
                        text.printf(
                                Locale.ROOT,
                                "%s: %.1f MB, loss %.4f after %s, threshold %.4f, %.0f s%n",
                                file,
                                file.toFile().length() / 1e6,
                                info.loss(),
                                Texts.count(
                                        info.selection() == null
                                                ? epochs(info)
                                                : info.selection().epoch(),
                                        "epoch"),
                                info.thresholds().common().value(),
                                (System.nanoTime() - started) / 1e9);
                        text.print(info.selection() == null ? "" : String.format("  %s%n", SelectionText.of(info)));
                    } else {
                        text.println(file + ": " + SelectionText.of(info));
                    }
                    text.flush();
                },
                estimate -> {
                    text.println(EstimateText.of(estimate));
                    text.flush();
                })) {
            try (Trained trained = run.on(data, device, backbone, test, features)
                    .listener(progress)
                    .run()) {
                int all = epochs(trained.model().info());
                if (progress.last() < all) {
                    text.printf(
                            "stopped after epoch %d of %d, since the loss on the held-out images no longer fell%n",
                            progress.last(), all);
                }
                progress.remarks().forEach(remark -> text.println("- test images of " + remark));
                text.flush();
                return trained.model().info();
            }
        } finally {
            forget(interrupted);
        }
    }

    private static int epochs(ModelInfo info) {
        return Objects.requireNonNull(info.training()).epochs();
    }

    private static void interrupted(TrainingPlan run) {
        Path state = run.checkpoints().file();
        System.err.printf(
                "%ninterrupted: %s; run the same command again to start over%s%n",
                Files.exists(run.out()) ? run.out() + " is unchanged" : run.out() + " was not written",
                state != null && Files.exists(state) ? ", or with --resume " + state + " to resume" : "");
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // the hook is running
        }
    }
}
