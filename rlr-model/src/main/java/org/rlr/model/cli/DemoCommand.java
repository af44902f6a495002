package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.Images;
import org.rlr.model.data.PngFile;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.Sample;
import org.rlr.model.demo.DemoDataSet;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.report.Overlays;
import org.rlr.model.train.Recipe;
import org.rlr.model.train.RlrTraining;
import org.rlr.tensor.backend.Backend;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlr demo}. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Draw a data set of four products, train one model on all of them, evaluate it and write pictures.",
            "Needs no other files and takes a few minutes."
        })
final class DemoCommand implements Callable<Integer> {
    private static final int IMAGE_SIZE = 128;
    private static final int TRAIN = 40;
    private static final int TEST_GOOD = 12;
    private static final int TEST_PER_DEFECT = 6;
    private static final int DEFECTS_SHOWN = 2;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "demo",
            description = "Folder for data, model, metrics and pictures (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() {
        PrintWriter text = spec.commandLine().getOut();
        Path data = out.resolve("data");
        Path model = out.resolve("model.safetensors");
        Path pictures = out.resolve("pictures");
        Path report = out.resolve("report.html");
        Path overview = out.resolve("overview.png");
        DemoDataSet.generate(
                data,
                IMAGE_SIZE,
                TRAIN,
                TEST_GOOD,
                TEST_PER_DEFECT,
                TrainingSettings.PUBLISHED.seed(),
                backend.threads());
        DataSet set = DataLayouts.read(data).requireTraining().requireEvaluation();
        List<String> classes = set.classes().stream().map(ClassSamples::name).toList();
        text.printf(
                Locale.ROOT,
                "%s: %d products (%s), %d normal training images, %d test images%n",
                data,
                classes.size(),
                String.join(", ", classes),
                set.train().size(),
                set.test().size());
        text.printf(
                Locale.ROOT,
                "recipe %s, as of `rlr train`, on images of %d×%d pixels and wavelet scattering, which needs "
                        + "no weights%n",
                Recipe.DEFAULT,
                IMAGE_SIZE,
                IMAGE_SIZE);
        text.flush();
        long started = System.nanoTime();
        try (Backend device = backend.open()) {
            try (TrainingProgress progress = new TrainingProgress()) {
                RlrTraining.on(set)
                        .backbone(Backbones.WEIGHT_FREE)
                        .config(config -> config.imageSize(IMAGE_SIZE, IMAGE_SIZE))
                        .backend(device)
                        .listener(progress)
                        .saveTo(model)
                        .run()
                        .close();
            }
            try (AnomalyDetector detector = AnomalyDetector.load(model, device)) {
                EvaluationResult result = EvaluateCommand.evaluate(
                        detector.scorer(),
                        set,
                        pictures,
                        report,
                        EvaluateCommand.settings(set, model, "", device),
                        null,
                        EvaluateCommand.NONE_MAY_FAIL);
                result.writeJson(out.resolve("metrics.json"));
                PngFile.write(overview, overview(set, pictures));
                text.print(result.toTable());
            }
        }
        text.printf(
                Locale.ROOT,
                "%.0f s; look at %s, %s and %s, and try: rlr detect --model %s %s%n",
                (System.nanoTime() - started) / 1e9,
                overview,
                report,
                pictures,
                FileNames.quoted(model),
                FileNames.quoted(Objects.requireNonNull(InputImages.file(set.test().stream()
                                .filter(Sample::anomalous)
                                .findFirst()
                                .orElseThrow()
                                .image())
                        .getParent())));
        text.flush();
        return 0;
    }

    /** Returns a sheet with {@value #DEFECTS_SHOWN} kinds of defect of each product, one picture of each kind. */
    private static RgbImage overview(DataSet set, Path pictures) {
        List<RgbImage> panels = new ArrayList<>();
        for (ClassSamples product : set.classes()) {
            Set<String> shown = new HashSet<>();
            for (Sample sample : product.test()) {
                if (sample.anomalous() && shown.size() < DEFECTS_SHOWN && shown.add(sample.defect())) {
                    panels.add(Images.read(OverlayWriter.target(pictures, sample)));
                }
            }
        }
        return Overlays.contactSheet(panels, 2);
    }
}
