package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.rlr.model.ModelFile;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.OptimizerMode;
import org.rlr.model.config.ProductLimits;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Schedule;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Texts;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.ImageSize;
import org.rlr.model.report.ThresholdText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlr info}. */
@Command(name = "info", mixinStandardHelpOptions = true, description = "Show what a model file contains.")
final class InfoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "A model file written by 'rlr train'.")
    private Path model;

    @Option(
            names = "--json",
            description = "Print the whole description of the model as JSON; 'rlr train --config' reads it.")
    private boolean json;

    @Override
    public Integer call() {
        ModelInfo info = ModelFile.info(model);
        RlrConfig c = info.config();
        TrainingSettings t = info.training();
        ScoreStatistics s = info.scores();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(info.toJson());
            out.flush();
            return 0;
        }
        line(out, "model", model);
        line(out, "backbone", c.backbone());
        line(
                out,
                c.tiling() == null ? "image size" : "tile size",
                new ImageSize(c.imageWidth(), c.imageHeight()) + (c.tiling() == null ? "" : ", " + c.tiling()));
        line(out, "normalisation", Backbones.info(c.backbone()).normalization(c));
        line(
                out,
                "feature levels",
                c.levels()
                        + (c.standardize() ? ", standardised" : "")
                        + (c.averagePool() ? ", smoothed by a 3×3 average" : ""));
        line(
                out,
                "transformers",
                "width " + c.width() + " at stride 4, " + Texts.count(c.layers(), "layer") + ", "
                        + Texts.count(c.heads(), "head") + ", blocks "
                        + String.join(" ", c.blocks()) + ", gate " + c.gate() + ", reference length " + c.refLen()
                        + (c.referenceLoss() ? " with reference loss" : "")
                        + (c.windows() == null ? "" : ", attention windows " + c.windowText()));
        if (info.origin() != null) {
            line(out, "origin", info.origin());
        }
        if (info.images() == 0 && !info.classes().isEmpty()) {
            line(out, "classes", String.join(", ", info.classes()));
        }
        if (info.images() > 0) {
            line(
                    out,
                    "trained on",
                    Texts.count(info.images(), "image") + " of "
                            + Texts.count(info.classes().size(), "class") + ": "
                            + String.join(", ", info.classes()));
        }
        ProductLimits products = ModelFile.products(model);
        if (products != null) {
            line(out, "recognises", String.join(", ", products.classes()));
        }
        if (t != null) {
            line(
                    out,
                    "training",
                    Texts.count(t.epochs(), "epoch") + ", batch " + t.batchSize() + ", lr " + t.learningRate()
                            + ", seed " + t.seed()
                            + (t.maskTokens()
                                    ? ", masked tokens "
                                    : ", feature jitter " + t.featureJitter() + ", noise probability ")
                            + t.noiseProb()
                            + (t.warmupSteps() == 0 ? "" : ", " + t.warmupSteps() + " warm-up steps")
                            + (t.schedule() == Schedule.CONSTANT ? "" : ", schedule " + t.schedule())
                            + (t.optimizer() == OptimizerMode.ADAM ? "" : ", optimizer " + t.optimizer()));
            if (t.validation() != null) {
                line(
                        out,
                        "held out",
                        t.validation().fraction() + " of each class's images, "
                                + (t.validation().keepBest() ? "for choosing an epoch" : "to follow their loss"));
            }
            line(
                    out,
                    info.selection() == null ? "final loss" : "loss",
                    String.format(Locale.ROOT, "%.4f", info.loss()));
            if (info.selection() != null) {
                line(out, "selection", SelectionText.of(info));
            }
        }
        if (s.images() > 0) {
            line(
                    out,
                    "training scores",
                    String.format(
                            Locale.ROOT,
                            "mean %.4f, standard deviation %.4f, largest %.4f",
                            s.mean(),
                            s.std(),
                            s.max()));
        }
        if (!info.scoring().equals(Scoring.published(c))) {
            line(
                    out,
                    "scoring",
                    "levels " + info.scoring().levelText() + ", smoothing "
                            + Scoring.number(info.scoring().smoothing()) + " pixels");
        }
        line(out, "threshold", ThresholdText.of(info.thresholds().common()));
        info.thresholds()
                .perClass()
                .forEach((name, threshold) -> line(out, "", name + " " + ThresholdText.of(threshold)));
        out.flush();
        return 0;
    }

    private static void line(PrintWriter out, String what, Object value) {
        out.printf("%-16s %s%n", FileNames.printable(what), FileNames.printable(value));
    }
}
