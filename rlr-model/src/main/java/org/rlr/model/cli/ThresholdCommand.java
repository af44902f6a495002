package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.DoubleSummaryStatistics;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ProgressBar;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Thresholds;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.Mask;
import org.rlr.model.data.Masks;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.eval.ThresholdEstimator;
import org.rlr.model.report.EvaluationReport;
import org.rlr.model.report.ThresholdText;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlr threshold}. */
@Command(
        name = "threshold",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Find the score above which an image is anomalous, and keep it in the model.",
            "From normal images that the model was not trained on, for a false-alarm rate; or from labelled test images, for the greatest F1 or a recall. "
                    + "How sure it is is printed and kept too.",
            "With --score-levels or --smoothing the model scores so from then on."
        })
final class ThresholdCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "A model file written by 'rlr train'.")
    private Path model;

    @ArgGroup(multiplicity = "1")
    private Source source;

    @Mixin
    private LayoutOption layout;

    @ArgGroup
    private Rule rule = new Rule();

    @Option(
            names = "--per-class",
            description =
                    "Also a threshold for each class of the data set, for 'rlr detect --class' and 'rlr evaluate'.")
    private boolean perClass;

    @Option(
            names = "--confidence",
            paramLabel = "C",
            defaultValue = "0.95",
            description = "Confidence of the intervals (default: ${DEFAULT-VALUE}).")
    private double confidence;

    @Option(
            names = "--out",
            paramLabel = "MODEL",
            description = "Model file to write (default: the model itself, replaced).")
    private Path out;

    @Mixin
    private ScoringOptions scoring;

    @Mixin
    private BackendOptions backend;

    /** Where images come from. */
    static final class Source {
        @Option(
                names = "--data",
                required = true,
                paramLabel = "DIR",
                description = "Data set: its validation images where every class has some, else its test images.")
        private Path data;

        @Option(
                names = "--normal",
                required = true,
                arity = "1..*",
                paramLabel = "IMAGE|DIR",
                description = "Normal images that the model was not trained on, or folders of them.")
        private List<Path> normal;
    }

    /** How it is found. */
    static final class Rule {
        @Option(
                names = "--false-alarm-rate",
                paramLabel = "R",
                description = "At most this share of normal images shall be called anomalous (default: 0.01).")
        private double falseAlarmRate = 0.01;

        @Option(names = "--f1-max", description = "The greatest F1 on labelled images.")
        private boolean bestF1;

        @Option(
                names = "--recall",
                paramLabel = "R",
                description = "At least this share of the anomalous images shall be found.")
        private Double recall;

        boolean labelled() {
            return bestF1 || recall != null;
        }

        /** Before images are scored for it. @throws RlrException if it asks for something that cannot be */
        void check() {
            if (recall != null) {
                ThresholdEstimator.requireRecall(recall);
            } else if (!bestF1) {
                ThresholdEstimator.requireRate(falseAlarmRate);
            }
        }

        /** @throws RlrException if it cannot be found with so many images */
        void requireEnough(int normal, int anomalous) {
            if (labelled()) {
                ThresholdEstimator.requireBoth(normal, anomalous);
            } else {
                ThresholdEstimator.requireEnough(normal, falseAlarmRate);
            }
        }
    }

    /** Images of a class by their labels. */
    private record Labelled(List<Sample> normal, List<Sample> anomalous) {
        /** Those of a rule without labels leave the anomalous ones out. */
        static Labelled of(List<Sample> samples, Rule rule) {
            Map<Boolean, List<Sample>> parts =
                    samples.stream().collect(Collectors.partitioningBy(ThresholdCommand::anomalous));
            return new Labelled(
                    parts.getOrDefault(false, List.of()),
                    rule.labelled() ? parts.getOrDefault(true, List.of()) : List.of());
        }

        int count() {
            return normal.size() + anomalous.size();
        }
    }

    /** Scores by class: of normal images, and of anomalous ones. */
    private record Scores(double[] normal, double[] anomalous) {}

    @Override
    public Integer call() {
        Path target = out == null ? model : out;
        OutputFiles.requireWritable(target, "--out");
        rule.check();
        ThresholdEstimator estimator = new ThresholdEstimator(confidence);
        PrintWriter text = spec.commandLine().getOut();
        Map<String, Labelled> images = images(text);
        requireEnough(images);
        try (Backend device = backend.open();
                RlrModel loaded = ModelFile.load(model, device)) {
            ModelInfo info = loaded.info();
            Scoring chosen = scoring.one(info.scoring(), info.config());
            DoubleSummaryStatistics range = new DoubleSummaryStatistics(); // of normal maps
            Map<String, Scores> scores = score(new AnomalyScorer(loaded).with(chosen), images, range);
            Thresholds found = find(estimator, scores);
            text.print(table(found));
            boolean other = !chosen.equals(info.scoring());
            ModelFile.save(
                    loaded.with(
                            other
                                    ? info.with(
                                            chosen,
                                            ScoreStatistics.given(
                                                    found.common().value(), range.getMin(), range.getMax()),
                                            found)
                                    : info.with(found)),
                    target);
            text.println(target + ": thresholds saved" + (other ? ", and the scoring that they belong to" : ""));
        }
        text.flush();
        return 0;
    }

    private Map<String, Labelled> images(PrintWriter text) {
        if (source.normal != null) {
            if (rule.labelled() || perClass) {
                throw new RlrException(
                        (perClass ? "--per-class" : rule.bestF1 ? "--f1-max" : "--recall") + " needs images with "
                                + (perClass ? "classes" : "labels"),
                        "give a data set with --data instead of --normal");
            }
            layout.requireData(null);
            List<Path> files = InputImages.of(source.normal);
            requireDistinct(files);
            List<Sample> normal =
                    files.stream().map(file -> Sample.good(file, "")).toList();
            text.printf("%d normal images%n", normal.size());
            return Map.of("", new Labelled(normal, List.of()));
        }
        DataSet set = layout.read(source.data, spec);
        boolean validation = !rule.labelled()
                && set.classes().stream().noneMatch(each -> each.validation().isEmpty());
        if (!validation) {
            if (set.test().isEmpty()) {
                throw new DataSetException(
                        source.data + " holds no validation and no test images",
                        "give normal images that the model was not trained on with --normal DIR",
                        null);
            }
            set.requireEvaluation();
        }
        Map<String, Labelled> images = new TreeMap<>();
        for (ClassSamples each : set.classes()) {
            images.put(each.name(), Labelled.of(validation ? each.validation() : each.test(), rule));
        }
        int count = images.values().stream().mapToInt(Labelled::count).sum();
        text.printf(
                "%d %s%s images of %s%n",
                count,
                rule.labelled() ? "" : "normal ",
                validation ? "validation" : "test",
                EvaluationReport.classes(images.size()));
        text.flush();
        if (!validation) {
            spec.commandLine()
                    .getErr()
                    .println(
                            "note: the threshold is chosen on test images: what is measured on the same images with it is optimistic");
        }
        return images;
    }

    /**
     * The intervals are those of independent images. @throws RlrException if one is given twice, as a file and in its
     * folder
     */
    private static void requireDistinct(List<Path> files) {
        Set<Path> seen = new HashSet<>();
        for (Path file : files) {
            if (!seen.add(file.toAbsolutePath().normalize())) {
                throw new RlrException("--normal names " + file + " twice", "name either it or its folder");
            }
        }
    }

    /**
     * Before images are scored, which may take long. @throws RlrException if there are too few, in all or in a class
     * that shall have its own threshold
     */
    private void requireEnough(Map<String, Labelled> images) {
        int normal = 0;
        int anomalous = 0;
        for (Map.Entry<String, Labelled> each : images.entrySet()) {
            Labelled own = each.getValue();
            normal += own.normal.size();
            anomalous += own.anomalous.size();
            if (perClass) {
                ofClass(each.getKey(), () -> {
                    rule.requireEnough(own.normal.size(), own.anomalous.size());
                    return null;
                });
            }
        }
        rule.requireEnough(normal, anomalous);
    }

    private static <T> T ofClass(String name, Supplier<T> action) {
        try {
            return action.get();
        } catch (RlrException e) {
            throw e.in("class " + name);
        }
    }

    private static boolean anomalous(Sample sample) {
        if (sample.anomalous() || sample.masks().isEmpty()) {
            return sample.anomalous();
        }
        Mask mask = Masks.read(sample, sample.image().size());
        return mask != null && mask.any();
    }

    private static Map<String, Scores> score(
            AnomalyScorer scorer, Map<String, Labelled> images, DoubleSummaryStatistics range) {
        Map<String, Scores> scores = new TreeMap<>();
        try (ProgressBar bar = ProgressBars.images(
                "scoring", images.values().stream().mapToInt(Labelled::count).sum())) {
            images.forEach((name, own) -> scores.put(
                    name,
                    new Scores(
                            score(scorer, own.normal, bar, map -> accept(range, map.values())),
                            score(scorer, own.anomalous, bar, map -> {}))));
        }
        return scores;
    }

    /** The scores of images, whose maps {@code seen} takes. */
    private static double[] score(
            AnomalyScorer scorer, List<Sample> samples, ProgressBar bar, Consumer<AnomalyMap> seen) {
        double[] scores = new double[samples.size()];
        scorer.score(samples.stream().map(Sample::image).toList(), (index, map) -> {
            scores[index] = map.imageScore();
            seen.accept(map);
            bar.step();
        });
        return scores;
    }

    private static void accept(DoubleSummaryStatistics range, float[] values) {
        for (float value : values) {
            range.accept(value);
        }
    }

    private Thresholds find(ThresholdEstimator estimator, Map<String, Scores> scores) {
        double[] normal = scores.values().stream()
                .flatMapToDouble(each -> java.util.Arrays.stream(each.normal))
                .toArray();
        double[] defective = scores.values().stream()
                .flatMapToDouble(each -> java.util.Arrays.stream(each.anomalous))
                .toArray();
        Map<String, Threshold> own = new TreeMap<>();
        if (perClass) {
            scores.forEach((name, each) -> own.put(name, ofClass(name, () -> find(estimator, each))));
        }
        return new Thresholds(find(estimator, new Scores(normal, defective)), own);
    }

    private Threshold find(ThresholdEstimator estimator, Scores scores) {
        if (rule.bestF1) {
            return estimator.bestF1(scores.normal, scores.anomalous);
        }
        return rule.recall != null
                ? estimator.recall(scores.normal, scores.anomalous, rule.recall)
                : estimator.falseAlarmRate(scores.normal, rule.falseAlarmRate);
    }

    private String table(Thresholds found) {
        String interval = String.format(Locale.ROOT, "%s %%", 100 * confidence).replace(".0 ", " ");
        TextTable table = new TextTable(Set.of(0))
                .row(
                        "class",
                        "threshold",
                        "quantile (" + interval + ")",
                        "false alarms (" + interval + ")",
                        "recall (" + interval + ")",
                        "normal",
                        "anomalous");
        row(table, "common", found.common());
        found.perClass().forEach((name, threshold) -> row(table, name, threshold));
        return table.toString();
    }

    private static void row(TextTable table, String name, Threshold t) {
        table.row(
                name,
                String.format(Locale.ROOT, "%.4f", t.value()),
                ThresholdText.range(t.valueInterval()),
                ThresholdText.percent(t.falseAlarmRate()),
                ThresholdText.percent(t.recall()),
                Integer.toString(t.normal()),
                Integer.toString(t.anomalous()));
    }
}
