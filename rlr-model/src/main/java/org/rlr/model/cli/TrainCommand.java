package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.data.DataSet;
import org.rlr.model.report.EvaluationReport;
import org.rlr.model.train.ConfigFile;
import org.rlr.model.train.TestEvaluation;
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
        TrainingRun run = new TrainingRun(
                shape,
                model.training(base.training()),
                scoring.one(base.scoring(), shape),
                weights.of(name),
                out,
                checkpoints.of(out),
                research.metrics(),
                research.bestOnTest());
        SeedRuns runs = seedRuns(run);
        if (runs == null) {
            run.requireWritable();
        }
        DataSet images = layout.read(data, spec).requireTraining();
        TestEvaluation test = research.evaluation(images);
        text.printf(
                "%d normal images of %s (%s layout)%n",
                images.train().size(), EvaluationReport.classes(images.classes().size()), images.layout());
        try (Backend device = backend.open()) {
            text.printf("backbone %s, %s%n", name, device.description());
            text.flush();
            try (Backbone opened = Backbones.open(name, run.weights(), shape.levels(), device)) {
                TrainingRun.requireRoom(runs == null ? List.of(run) : runs.runs(), opened, device);
                if (runs == null) {
                    run.train(device, opened, images, test, null, text);
                } else {
                    runs.train(device, opened, images, test, text);
                }
            }
        }
        return 0;
    }

    /** The runs of several seeds; null where there is one run. */
    private SeedRuns seedRuns(TrainingRun run) {
        if (seeds == null) {
            if (summary != null) {
                throw new RlrException(
                        "--summary " + summary + " is for several runs; give --seeds A,B,… too, or take --metrics");
            }
            return null;
        }
        if (spec.commandLine().getParseResult().hasMatchedOption("--seed")) {
            throw new RlrException("--seed and --seeds exclude each other; leave one away");
        }
        return new SeedRuns(seeds, run, summary);
    }
}
