package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Texts;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.DataSet;
import org.rlr.model.train.ConfigFile;
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
        defaultValueProvider = PublishedDefaults.Training.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Train one model on the normal images of all classes of a folder.",
            "DIR is a data set in a known layout (class folders with train/good, …, see --layout), one class of it, or a plain folder of normal images.",
            "Defaults are the published settings."
        })
final class TrainCommand implements Callable<Integer> {
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
            description =
                    "Feature extractor ('rlr backbones' lists them; default: scattering, which needs no weights; with --weights tf_efficientnet_b6).")
    private String backbone;

    @Mixin
    private WeightsOptions weights;

    @Option(
            names = "--config",
            paramLabel = "FILE.json",
            description = "Take model and training from a file that 'rlr info --json' printed; options given here win.")
    private Path config;

    @Mixin
    private ModelOptions model;

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
            description =
                    "Train once per seed, one after the other, with the seed in the names of the files; prints mean ± standard deviation of all metrics.")
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
        ConfigFile base = model.base(config, weights.backbone(backbone));
        if (!base.saysTraining()) {
            spec.commandLine()
                    .getErr()
                    .println("note: " + config
                            + " says nothing of the training; where no option does, the published settings are taken");
            spec.commandLine().getErr().flush();
        }
        String name = backbone != null ? backbone : base.config().backbone();
        RlrConfig shape = model.config(name, base.config());
        TrainingPlan run = new TrainingPlan(
                shape,
                model.training(base.training()),
                scoring.one(base.scoring(), shape),
                out,
                checkpoints.of(out),
                research.metrics(),
                research.bestOnTest());
        SeedRuns runs = seedRuns(run);
        if (runs == null) {
            requireWritable(run);
        }
        DataSet images = layout.read(data, spec).requireTraining();
        TestEvaluation test = research.evaluation(images);
        text.printf(
                "%s of %s (%s layout)%n",
                Texts.count(images.train().size(), "normal image"),
                Texts.count(images.classes().size(), "class"),
                images.layout());
        try (Backend device = backend.open()) {
            text.printf("backbone %s, %s%n", name, device.description());
            text.flush();
            try (Backbone opened = Backbones.open(name, weights.of(name), shape.levels(), device)) {
                if (runs == null) {
                    train(run, device, opened, images, test, null, text);
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

    /** The runs of several seeds; null where there is one run. */
    private @Nullable SeedRuns seedRuns(TrainingPlan run) {
        if (seeds == null) {
            if (summary != null) {
                throw new RlrException(
                        "--summary " + summary + " is for several runs", "give --seeds A,B,… too, or take --metrics");
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
     * Trains, writes everything and says so.
     *
     * @param backbone the configuration's; it stays the caller's
     * @param features feature maps of all images, computed before; null to compute them
     * @throws RlrException also where a file cannot be written; a model is then kept elsewhere
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
                    "%d of them learned from, %d held out%n",
                    images.training().size(), images.validation().size());
            text.flush();
        }
        Thread interrupted = new Thread(() -> interrupted(run));
        Runtime.getRuntime().addShutdownHook(interrupted);
        try (TrainingProgress progress = new TrainingProgress((file, info) -> {
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
                                        ? settings.epochs()
                                        : info.selection().epoch(),
                                "epoch"),
                        info.scores().threshold(),
                        (System.nanoTime() - started) / 1e9);
                text.print(info.selection() == null ? "" : String.format("  %s%n", SelectionText.of(info)));
            } else {
                text.println(file + ": " + SelectionText.of(info));
            }
            text.flush();
        })) {
            try (Trained trained = run.on(data, device, backbone, test, features)
                    .listener(progress)
                    .run()) {
                progress.remarks().forEach(remark -> text.println("- test images of " + remark));
                text.flush();
                return trained.model().info();
            }
        } finally {
            forget(interrupted);
        }
    }

    private static void interrupted(TrainingPlan run) {
        Path state = run.checkpoints().file();
        System.err.printf(
                "%ninterrupted: %s; run the same command again to train anew%s%n",
                Files.exists(run.out()) ? run.out() + " is as it was before" : run.out() + " was not written",
                state != null && Files.exists(state) ? ", with --resume " + state + " to resume from its state" : "");
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // the hook is what runs now
        }
    }
}
