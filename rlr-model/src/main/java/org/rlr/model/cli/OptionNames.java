package org.rlr.model.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlr.tensor.RlrException;
import picocli.CommandLine;

/**
 * Puts the names of options and commands in the place of the names of settings and methods, which errors write in
 * backticks: {@code lower `batchSize`} becomes {@code lower --batch-size}. A setting's option is its name with hyphens,
 * but for those of {@link #OTHERS}.
 */
final class OptionNames {
    private static final Pattern QUOTED = Pattern.compile("`([\\w.]+)(?:\\(([^`)]+)\\))?`");

    /** Names whose option or command is another word. */
    private static final Map<String, String> OTHERS = Map.ofEntries(
            Map.entry("learningRate", "--lr"),
            Map.entry("warmupSteps", "--warmup"),
            Map.entry("windows", "--window"),
            Map.entry("referenceLoss", "--ref-loss"),
            Map.entry("averagePool", "--no-avg-pool"),
            Map.entry("SyntheticDataSet.folder", "--out"),
            Map.entry("Tiling.overlap", "--tile-overlap"),
            Map.entry("Tiling.scale", "--tile-scale"),
            Map.entry("Backbones.names", "'rlr backbones'"),
            Map.entry("PublishedWeights.all", "'rlr weights list'"),
            Map.entry("WeightsCache.add", "'rlr weights add'"),
            Map.entry("WeightsDownloader.get", "'rlr weights get'"));

    private OptionNames() {}

    /** Message and remedy of an error, for a terminal. */
    static String explain(RlrException e) {
        return translate(e.explanation());
    }

    static String translate(String text) {
        Matcher quoted = QUOTED.matcher(text);
        return quoted.find() ? quoted.replaceAll(m -> Matcher.quoteReplacement(of(m.group(1), m.group(2)))) : text;
    }

    /**
     * The option of a setting, or the command of a method with its argument, if any; the name itself where there is
     * none.
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
        return options().contains(option) ? option : "`" + name + "`";
    }

    /** The options of all commands. */
    static Set<String> options() {
        Set<String> options = new TreeSet<>();
        collect(new CommandLine(new Main()), options);
        return options;
    }

    private static void collect(CommandLine command, Set<String> options) {
        options.addAll(command.getCommandSpec().optionsMap().keySet());
        command.getSubcommands().values().forEach(each -> collect(each, options));
    }
}
