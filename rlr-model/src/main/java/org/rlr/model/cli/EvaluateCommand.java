package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.MapScale;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Texts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.Sample;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.eval.ClassEvaluator;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.eval.Evaluator;
import org.rlr.model.eval.Metric;
import org.rlr.model.eval.ScoringComparison;
import org.rlr.model.report.EvaluationRecord;
import org.rlr.model.report.EvaluationReport;
import org.rlr.model.report.ReconstructionPictures;
import org.rlr.model.report.ScoredImage;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlr evaluate}. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Evaluate a model on the test images of a data set, per class and on average.",
            "The metrics are AUROC, average precision and best F1 of images and of pixels, and AUPRO (limit 0.3).",
            "Images that cannot be read, or whose mask cannot be read, are reported on standard error and "
                    + "excluded from all metrics; the exit code is then 1.",
            "To compare scorings, repeat --score-levels or give several values to --smoothing: prints a row "
                    + "for each combination, from one pass over the images."
        })
final class EvaluateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "A model file written by 'rlr train'.")
    private Path model;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Data set with test images and masks.")
    private Path data;

    @Mixin
    private LayoutOption layout;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description =
                    "Write the metrics as JSON, per class and on average: fractions, or null for an undefined metric.")
    private Path json;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description =
                    "Write a picture per test image: image | mask | map, on one colour scale for the whole data set.")
    private Path out;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Write an HTML report with metrics, curves, histograms, recall by defect and the worst "
                    + "misses and false alarms.")
    private Path report;

    @Mixin
    private PictureOptions pictures;

    @Mixin
    private ScoringOptions scoring;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() {
        PictureOptions.Kind kind = pictures.kind(report, "--report FILE");
        DataSet set = layout.read(data, spec).requireTestFiles();
        if (out != null) {
            OverlayWriter.requireApart(out, set);
        }
        PrintWriter text = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        List<Sample> unreadable = new ArrayList<>();
        BiConsumer<Sample, RlrException> failed = (sample, e) -> {
            Main.error(err, OptionNames.explain(e));
            unreadable.add(sample);
        };
        try (Backend device = backend.open();
                AnomalyDetector detector = AnomalyDetector.load(model, device);
                FeatureDecoder decoder = pictures.open(detector.model())) {
            List<Scoring> scorings =
                    scoring.all(detector.info().scoring(), detector.info().config());
            requireOneFor(scorings, detector.info().scoring());
            if (scorings.size() > 1) {
                compare(detector.scorer(), set, scorings, text, failed);
                return code(unreadable, set, err);
            }
            EvaluationResult result = evaluate(
                    detector.scorer().with(scorings.get(0)),
                    set,
                    out,
                    report,
                    settings(set, model, pictures.arguments(), device),
                    kind.pictures(decoder),
                    failed);
            text.print(result.toTable());
            text.flush();
            if (json != null) {
                result.writeJson(json);
            }
        }
        return code(unreadable, set, err);
    }

    private static int code(List<Sample> unreadable, DataSet set, PrintWriter err) {
        if (unreadable.isEmpty()) {
            return 0;
        }
        err.println(unreadable.size() + " of " + Texts.count(set.test().size(), "test image")
                + " cannot be read and are excluded from the metrics");
        err.flush();
        return Main.FAILURE;
    }

    /** Requires one scoring for pictures, and the model's own scoring for a report. */
    private void requireOneFor(List<Scoring> scorings, Scoring own) {
        if (scorings.size() > 1 && out != null) {
            throw new RlrException(
                    "--out draws the maps of one scoring, but " + scorings.size() + " are given",
                    "omit --out, or give one scoring");
        }
        if (report != null && !scorings.equals(List.of(own))) {
            throw new RlrException(
                    "--report needs the model's own scoring, for which its thresholds were chosen (levels "
                            + own.levelText()
                            + ", smoothing " + Scoring.number(own.smoothing())
                            + ")",
                    "change the model's scoring with 'rlr threshold --score-levels … --smoothing …' first, or "
                            + "omit --report");
        }
    }

    private void compare(
            AnomalyScorer scorer,
            DataSet set,
            List<Scoring> scorings,
            PrintWriter text,
            BiConsumer<Sample, RlrException> failed) {
        ScoringComparison comparison;
        try (ProgressBar bar = ProgressBars.images("evaluating", set.test().size())) {
            comparison = ScoringComparison.of(scorer, set, scorings, bar::step, failed);
        }
        TextTable table = new TextTable(Set.of(0));
        table.row(Stream.concat(
                        Stream.of("levels", "smoothing"),
                        Stream.of(Metric.values()).map(Metric::title))
                .toArray(String[]::new));
        for (ScoringComparison.Row row : comparison.rows()) {
            Stream<String> means = Stream.of(Metric.values())
                    .map(metric -> EvaluationResult.percent(row.result().mean(metric)));
            table.row(Stream.concat(
                            Stream.of(
                                    row.scoring().levelText(),
                                    Scoring.number(row.scoring().smoothing())),
                            means)
                    .toArray(String[]::new));
        }
        text.print(table);
        comparison.rows().get(0).result().remarks().forEach(remark -> text.println("- " + remark));
        text.flush();
        if (json != null) {
            AtomicFile.writeString(json, comparison.toJson());
        }
    }

    /**
     * Returns the settings of an evaluation for a report. They contain file names without folders, for privacy.
     *
     * @param more further options of the command
     */
    static Map<String, String> settings(DataSet set, Path model, String more, Backend device) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put(
                "command",
                "rlr evaluate --model " + FileNames.quoted(name(model)) + " --data " + FileNames.quoted(name(set))
                        + " --layout " + set.layout() + more);
        settings.put(
                "data set",
                name(set) + ", " + set.layout() + " layout, "
                        + Texts.count(set.classes().size(), "class") + ", "
                        + set.train().size() + " training images, " + set.test().size() + " test images");
        settings.put("program", new Main.Version().getVersion()[0]);
        settings.put("computed on", device.description());
        return settings;
    }

    private static String name(DataSet set) {
        return name(Objects.requireNonNull(set.root(), "a data set from a folder has a root"));
    }

    private static String name(Path path) {
        Path name = path.toAbsolutePath().normalize().getFileName();
        return name == null ? path.toString() : name.toString();
    }

    /** Throws the error of an unreadable image. */
    static final BiConsumer<Sample, RlrException> NONE_MAY_FAIL = (sample, e) -> {
        throw e;
    };

    /**
     * Evaluates with a progress bar on standard error.
     *
     * @param out folder for a picture per image, or null
     * @param report HTML page to write, or null
     * @param settings settings to show in the report
     * @param drawn further pictures of an image for the report; null for none
     * @param failed called for each unreadable image; may throw
     */
    static EvaluationResult evaluate(
            AnomalyScorer scorer,
            DataSet set,
            @Nullable Path out,
            @Nullable Path report,
            Map<String, String> settings,
            @Nullable ReconstructionPictures drawn,
            BiConsumer<Sample, RlrException> failed) {
        EvaluationRecord record = new EvaluationRecord(
                out == null && report == null ? 0 : set.test().size());
        EvaluationResult result;
        try (ProgressBar bar = ProgressBars.images("evaluating", set.test().size())) {
            result = new Evaluator(scorer).evaluate(set, new Evaluator.Observer() {
                @Override
                public void scored(Sample sample, float score, boolean defective, AnomalyMap map) {
                    if (out != null || report != null) {
                        record.scored(sample, score, defective, map);
                    }
                    bar.step();
                }

                @Override
                public void failed(Sample sample, RlrException e) {
                    failed.accept(sample, e);
                    bar.step();
                }

                @Override
                public void finished(ClassEvaluator evaluator) {
                    if (report != null) {
                        record.finished(evaluator);
                    }
                }
            });
        }
        // the colour scale is common to the data set, so all maps are needed before the first picture
        MapScale scale = record.scale(scorer.info().mapScale().max());
        if (out != null) {
            OverlayWriter overlays = new OverlayWriter(out, scale);
            try (ProgressBar bar =
                    ProgressBars.images("drawing", record.images().size())) {
                for (ScoredImage each : record.images()) {
                    overlays.write(each);
                    bar.step();
                }
            }
        }
        if (report != null) {
            EvaluationReport page = new EvaluationReport(result, record, scorer.info(), scale);
            (drawn == null ? page : page.with(drawn, scorer)).write(report, name(set), settings);
        }
        return result;
    }
}
