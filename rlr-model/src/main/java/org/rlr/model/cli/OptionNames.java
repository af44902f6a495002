package org.rlr.model.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rlr.tensor.RlrException;
import picocli.CommandLine;

/**
 * Replaces the names of settings and methods, which errors write in backticks, by the names of options and commands:
 * {@code lower `batchSize`} becomes {@code lower --batch-size}. A setting's option is its name with hyphens, except for
 * {@link #OTHERS}.
 */
final class OptionNames {
    private static final Pattern QUOTED = Pattern.compile("`([\\w.]+)(?:\\(([^`)]+)\\))?`");

    /** Names whose option or command has another name. */
    private static final Map<String, String> OTHERS = Map.ofEntries(
            Map.entry("learningRate", "--lr"),
            Map.entry("warmupSteps", "--warmup"),
            Map.entry("Validation.fraction", "--validation"),
            Map.entry("Validation.keepBest", "--keep-best"),
            Map.entry("Validation.patience", "--patience"),
            Map.entry("Validation.falseAlarmRate", "--false-alarm-rate"),
            Map.entry("windows", "--window"),
            Map.entry("referenceLoss", "--ref-loss"),
            Map.entry("averagePool", "--no-avg-pool"),
            Map.entry("CheckpointExport.folder", "--safetensors"),
            Map.entry("CheckpointImport", "'rlr import'"),
            Map.entry("DecoderTrainer", "'rlr decoder train'"),
            Map.entry("FeatureColors", "'rlr detect --pictures features'"),
            Map.entry("ModelFile.save", "'rlr train --out' or 'rlr import --out'"),
            Map.entry("DecoderFile.save", "'rlr decoder train --out'"),
            Map.entry("SyntheticDataSet.folder", "--out"),
            Map.entry("Tiling.overlap", "--tile-overlap"),
            Map.entry("Tiling.scale", "--tile-scale"),
            Map.entry("Backbones.names", "'rlr backbones'"),
            Map.entry("PublishedWeights.all", "'rlr weights list'"),
            Map.entry("WeightsCache.add", "'rlr weights add'"),
            Map.entry("WeightsDownloader.get", "'rlr weights get'"),
            Map.entry("className", "--class"),
            Map.entry("Scoring.levels", "--score-levels"),
            Map.entry("Scoring.weights", "--score-levels"),
            Map.entry("TestEvaluation.every", "--evaluate-every"),
            Map.entry("TestEvaluation.keepBest", "--best-on-test"),
            Map.entry("TrainingCheckpoints.every", "--checkpoint-every"),
            Map.entry("TrainingCheckpoints.file", "--checkpoint"),
            Map.entry("Trainer.train", "'rlr train --checkpoint-every'"),
            Map.entry("DecoderTrainer.train", "'rlr decoder train --checkpoint-every'"),
            Map.entry("ModelInfo.toJson", "'rlr info --json --model MODEL'"),
            Map.entry("ThresholdEstimator", "'rlr threshold'"),
            Map.entry("Thresholding.withClasses", "'rlr threshold --per-class'"));

    /** The options of all commands. */
    static final Set<String> OPTIONS = options(new CommandLine(new Main())).collect(Collectors.toUnmodifiableSet());

    private OptionNames() {}

    /** Returns message and remedy of an error for a terminal. */
    static String explain(RlrException e) {
        return translate(e.explanation());
    }

    static String translate(String text) {
        Matcher quoted = QUOTED.matcher(text);
        return quoted.find() ? quoted.replaceAll(m -> Matcher.quoteReplacement(of(m.group(1), m.group(2)))) : text;
    }

    /**
     * Returns the option of a setting, or the command of a method with its argument, if any; otherwise the name itself.
     */
    private static String of(String name, String argument) {
        String other = OTHERS.get(name);
        if (other != null && argument != null) {
            return other.replaceFirst("'$", Matcher.quoteReplacement(" " + argument + "'"));
        }
        if (other != null) {
            return other;
        }
        String option = "--" + name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        return OPTIONS.contains(option) ? option : "`" + name + "`";
    }

    private static Stream<String> options(CommandLine command) {
        return Stream.concat(
                command.getCommandSpec().optionsMap().keySet().stream(),
                command.getSubcommands().values().stream().flatMap(OptionNames::options));
    }
}
