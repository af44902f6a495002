package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Texts;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Thresholds;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.Sample;
import org.rlr.model.eval.Thresholding;
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
            "Choose the score above which an image is anomalous, and save it in the model.",
            "Uses normal images that the model was not trained on, for a false-alarm rate; or labelled test "
                    + "images, for the highest F1 or a recall. "
                    + "Confidence intervals are printed and saved too.",
            "--score-levels and --smoothing also change the scoring of the saved model."
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
            description = "Also choose a threshold for each class of the data set, for 'rlr detect --class' and 'rlr "
                    + "evaluate'.")
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

    /** The source of the images. */
    static final class Source {
        @Option(
                names = "--data",
                required = true,
                paramLabel = "DIR",
                description = "Data set: its validation images if every class has some, else its test images.")
        private Path data;

        @Option(
                names = "--normal",
                required = true,
                arity = "1..*",
                paramLabel = "IMAGE|DIR",
                description = "Normal images that the model was not trained on, or folders of them.")
        private List<Path> normal;
    }

    /** The rule for choosing the threshold. */
    static final class Rule {
        @Option(
                names = "--false-alarm-rate",
                paramLabel = "R",
                description = "Largest share of normal images to be called anomalous (default: 0.01).")
        private double falseAlarmRate = 0.01;

        @Option(names = "--f1-max", description = "Choose the highest F1 on labelled images.")
        private boolean bestF1;

        @Option(
                names = "--recall",
                paramLabel = "R",
                description = "Smallest share of the anomalous images to be found.")
        private Double recall;

        /** Returns the thresholding. @throws RlrException if a value is out of range */
        Thresholding of() {
            return bestF1
                    ? Thresholding.bestF1()
                    : recall != null ? Thresholding.recall(recall) : Thresholding.falseAlarmRate(falseAlarmRate);
        }
    }

    @Override
    public Integer call() {
        Path target = out == null ? model : out;
        OutputFiles.requireWritable(target, "--out");
        Thresholding thresholding = rule.of().withConfidence(confidence);
        if (perClass) {
            thresholding = thresholding.withClasses();
        }
        PrintWriter text = spec.commandLine().getOut();
        Map<String, List<Sample>> images = images(thresholding, text);
        thresholding.requireEnough(images);
        try (Backend device = backend.open();
                RlrModel loaded = ModelFile.load(model, device)) {
            ModelInfo info = loaded.info();
            Scoring chosen = scoring.one(info.scoring(), info.config());
            // uses the parts of the loaded model, which closes them
            RlrModel found = score(thresholding.withScoring(chosen), loaded, images);
            text.print(table(Objects.requireNonNull(found.info().thresholds())));
            ModelFile.save(found, target);
            text.println(target + ": thresholds saved" + (chosen.equals(info.scoring()) ? "" : ", with their scoring"));
        }
        text.flush();
        return 0;
    }

    private static RlrModel score(Thresholding thresholding, RlrModel model, Map<String, List<Sample>> images) {
        try (ProgressBar bar = ProgressBars.images("scoring", count(images))) {
            return thresholding.of(model, images, bar::step);
        }
    }

    private static int count(Map<String, List<Sample>> images) {
        return images.values().stream().mapToInt(List::size).sum();
    }

    private Map<String, List<Sample>> images(Thresholding thresholding, PrintWriter text) {
        if (source.normal != null) {
            if (thresholding.labelled() || perClass) {
                throw new RlrException(
                        (perClass ? "--per-class" : rule.bestF1 ? "--f1-max" : "--recall") + " needs images with "
                                + (perClass ? "classes" : "labels"),
                        "give a data set with --data instead of --normal");
            }
            layout.requireData(null);
            List<Path> files = InputImages.of(source.normal, spec);
            requireDistinct(files);
            List<Sample> normal =
                    files.stream().map(file -> Sample.good(file, "")).toList();
            text.printf("%s%n", Texts.count(normal.size(), "normal image"));
            return Map.of("", normal);
        }
        DataSet set = layout.read(source.data, spec);
        boolean validation = thresholding.usesValidation(set);
        if (!validation) {
            if (set.test().isEmpty()) {
                throw new DataSetException(
                        source.data + " holds no validation and no test images",
                        "give normal images that the model was not trained on with --normal DIR",
                        null);
            }
            set.requireEvaluation();
        }
        Map<String, List<Sample>> images = thresholding.samples(set);
        text.printf(
                "%d %s%s images of %s%n",
                count(images),
                thresholding.labelled() ? "" : "normal ",
                validation ? "validation" : "test",
                Texts.count(images.size(), "class"));
        text.flush();
        if (!validation) {
            spec.commandLine()
                    .getErr()
                    .println("note: the threshold is chosen on test images; metrics with it on the same images "
                            + "are optimistic");
        }
        return images;
    }

    /**
     * Checks that the images differ, as the intervals assume. @throws RlrException if one is given twice, as a file and
     * in its folder
     */
    private static void requireDistinct(List<Path> files) {
        Set<Path> seen = new HashSet<>();
        for (Path file : files) {
            if (!seen.add(file.toAbsolutePath().normalize())) {
                throw new RlrException("--normal names " + file + " twice", "give either the file or its folder");
            }
        }
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
