package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Texts;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.DataSet;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.eval.Ablation;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.eval.Evaluator;
import org.rlr.model.eval.Metric;
import org.rlr.model.train.ConfigFile;
import org.rlr.model.train.RlrTraining;
import org.rlr.model.train.SharedFeatures;
import org.rlr.model.train.Trained;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.AtomicFile;
import org.rlr.tensor.io.RescuedFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlr ablate}. */
@Command(
        name = "ablate",
        defaultValueProvider = OptionDefaults.Training.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Compare sets of attention blocks: train and evaluate a model for each set and seed, and print "
                    + "mean ± sample standard deviation of the metrics.",
            "Give --blocks once per set, as in: --blocks \"mca nsa\" --blocks mca. The seeds are --seed and "
                    + "the numbers after it.",
            "The features of the images are computed once and shared by all runs. Models are not saved. All "
                    + "other options are those of 'rlr train'."
        })
final class AblateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "Data set with normal images to train on, and test images.")
    private Path data;

    @Mixin
    private LayoutOption layout;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Models per set of blocks (default: ${DEFAULT-VALUE}).")
    private int seeds;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description =
                    "Write means, deviations and every run as JSON, as fractions; null where a metric is undefined.")
    private Path json;

    @Option(names = "--backbone", paramLabel = "NAME", description = "Feature extractor, as in 'rlr train'.")
    private String backbone;

    @Mixin
    private WeightsOptions weights;

    @Mixin
    private ModelOptions model;

    @Mixin
    private ScoringOptions scoring;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() {
        InvalidSettingException.require(
                seeds >= 1, "seeds", seeds, "at least 1, and at least 2 for a standard deviation");
        String name = weights.backbone(backbone);
        ConfigFile base = model.base(null, name, null);
        List<RlrConfig> configs = configs(name, base.config());
        TrainingSettings settings = model.training(model.fitted(base.training(), configs.get(0)));
        scoring.one(base.scoring(), configs.get(0)); // fails before anything is computed
        DataSet set = layout.read(data, spec).requireTraining().requireEvaluation();
        PrintWriter text = spec.commandLine().getOut();
        text.printf(
                "%s of blocks, %s each; %s, %s of %s (%s layout)%n",
                Texts.count(configs.size(), "set"),
                Texts.count(seeds, "seed"),
                Texts.count(set.train().size(), "normal image"),
                Texts.count(set.test().size(), "test image"),
                Texts.count(set.classes().size(), "class"),
                set.layout());
        List<Ablation.BlockSet> sets = new ArrayList<>();
        try (Backend device = backend.open()) {
            text.printf("backbone %s, %s%n", name, device.description());
            text.flush();
            // all sets use the same features
            try (Backbone opened = Backbones.open(
                            name, weights.of(name), configs.get(0).levels(), device);
                    SharedFeatures features = SeedRuns.features(device, opened, configs.get(0), set, text)) {
                for (RlrConfig config : configs) {
                    List<Ablation.Run> runs = new ArrayList<>();
                    for (int i = 0; i < seeds; i++) {
                        Ablation.Run run = run(
                                device,
                                opened,
                                config,
                                settings.toBuilder().seed(settings.seed() + i).build(),
                                set,
                                features);
                        runs.add(run);
                        text.printf(
                                Locale.ROOT,
                                "%s, seed %d: loss %.4f, image AUROC %s%n",
                                String.join(" ", config.blocks()),
                                run.seed(),
                                run.loss(),
                                run.result().mean(Metric.IMAGE_AUROC).stream()
                                        .mapToObj(v -> String.format(Locale.ROOT, "%.1f", 100 * v))
                                        .findFirst()
                                        .orElse("undefined"));
                        text.flush();
                    }
                    sets.add(new Ablation.BlockSet(config.blocks(), runs));
                }
            }
        }
        Ablation ablation = new Ablation(sets);
        text.print(table(ablation));
        sets.get(0).runs().get(0).result().remarks().forEach(remark -> text.println("- " + remark));
        text.flush();
        if (json != null) {
            RescuedFiles.save(json, file -> AtomicFile.writeString(file, ablation.toJson()));
        }
        return 0;
    }

    /** Returns the configurations, all checked before the first is trained. */
    private List<RlrConfig> configs(String name, RlrConfig base) {
        OptionSpec option = spec.commandLine().getParseResult().matchedOption("--blocks");
        if (option == null) {
            return List.of(model.config(name, base));
        }
        List<RlrConfig> configs = new ArrayList<>();
        // the option's own list does not keep which blocks were given together
        for (String set : option.originalStringValues()) {
            RlrConfig config = model.config(
                    name,
                    base,
                    Stream.of(set.trim().split("[,\\s]+"))
                            .filter(block -> !block.isEmpty())
                            .toList());
            if (configs.contains(config)) {
                throw new RlrException(
                        "--blocks " + String.join(",", config.blocks()) + " is given twice",
                        "give each set once; raise --seeds for more runs of a set");
            }
            configs.add(config);
        }
        return configs;
    }

    private Ablation.Run run(
            Backend device,
            Backbone opened,
            RlrConfig config,
            TrainingSettings settings,
            DataSet set,
            SharedFeatures features) {
        try (TrainingProgress progress = new TrainingProgress();
                Trained trained = RlrTraining.on(set)
                        .config(config)
                        .settings(settings)
                        .scoring(scoring.one(null, config))
                        .backend(device)
                        .backbone(opened)
                        .features(features)
                        .listener(progress)
                        .run()) {
            progress.end();
            EvaluationResult result = new Evaluator(new AnomalyScorer(trained.model(), features)).evaluate(set);
            return new Ablation.Run(settings.seed(), trained.model().info().loss(), result);
        }
    }

    /** A row per set of blocks: metrics in percent, mean ± sample standard deviation over the seeds. */
    private static String table(Ablation ablation) {
        TextTable table = new TextTable(Set.of(0));
        List<String> head = new ArrayList<>(List.of("blocks"));
        for (Metric metric : Metric.values()) {
            head.add(metric.title());
        }
        table.row(head.toArray(String[]::new));
        for (Ablation.BlockSet set : ablation.sets()) {
            List<String> row = new ArrayList<>(List.of(String.join(" ", set.blocks())));
            for (Metric metric : Metric.values()) {
                row.add(set.over(metric).percent());
            }
            table.row(row.toArray(String[]::new));
        }
        return table.toString();
    }
}
