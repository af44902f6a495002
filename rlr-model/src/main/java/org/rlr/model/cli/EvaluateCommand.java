package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.eval.Evaluator;
import org.rlr.model.report.MapScale;
import org.rlr.tensor.backend.Backend;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlr evaluate}. */
@Command(name = "evaluate", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Measure a model on the test images of a data set, per class and on average.",
            "AUROC, average precision and best F1 of images and of pixels, and AUPRO (limit 0.3)."})
final class EvaluateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "MODEL", description = "A model file written by 'rlr train'.")
    private Path model;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Data set with test images and masks.")
    private Path data;

    @Mixin
    private LayoutOption layout;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the metrics as JSON, as fractions; null where a metric is undefined.")
    private Path json;

    @Option(names = "--out", paramLabel = "DIR", description = "Write a picture per test image, image | mask | map, coloured on one scale for the whole data set.")
    private Path out;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() {
        DataSet set = layout.read(data, spec).requireEvaluation();
        PrintWriter text = spec.commandLine().getOut();
        try (Backend device = backend.open(); AnomalyDetector detector = AnomalyDetector.load(model, device)) {
            EvaluationResult result = evaluate(detector, set, out);
            text.print(result.toTable());
            text.flush();
            if (json != null) {
                result.writeJson(json);
            }
        }
        return 0;
    }

    /** Evaluates with a progress bar on standard error, and writes overlays where a folder is given. */
    static EvaluationResult evaluate(AnomalyDetector detector, DataSet set, Path out) {
        record Scored(Sample sample, AnomalyMap map, boolean[] mask) {
        }
        List<Scored> maps = new ArrayList<>();
        EvaluationResult result;
        try (ProgressBar bar = new ProgressBarBuilder().setTaskName("evaluating").setInitialMax(set.test().size()).setUnit(" images", 1)
                .setStyle(ProgressBarStyle.ASCII).setUpdateIntervalMillis(500).build()) {
            result = new Evaluator(detector.scorer()).evaluate(set, (sample, score, map, mask) -> {
                if (out != null) {
                    maps.add(new Scored(sample, map, mask));
                }
                bar.step();
            });
        }
        if (out != null) {
            // The scale is common to the data set, so every map has to be there before the first picture.
            float hottestNormal = OverlayWriter.scale(detector.info().scores()).max();
            OverlayWriter overlays = new OverlayWriter(out, MapScale.of(maps.stream().map(m -> m.map().values()).toList(), hottestNormal));
            for (Scored s : maps) {
                overlays.write(s.sample(), s.map(), s.mask());
            }
        }
        return result;
    }
}
