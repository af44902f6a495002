package org.rlr.model.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Groups the options of large commands under headings in the help, the most important ones first. */
final class OptionHeadings {
    /** The help of a command with at most this many options has no headings. */
    private static final int MANY = 10;

    /** The most important options by command; for other commands these are the required options. */
    private static final Map<String, List<String>> FIRST = Map.of(
            "rlr train", List.of("--data", "--out", "--backbone", "--image-size", "--epochs", "--time"),
            "rlr evaluate", List.of("--model", "--data", "--json", "--out", "--report"),
            "rlr detect", List.of("--model", "--json", "--out", "--class"),
            "rlr serve", List.of("--model", "--host", "--port"));

    private static final Map<String, List<String>> HEADINGS = headings();

    private OptionHeadings() {}

    private static Map<String, List<String>> headings() {
        Map<String, List<String>> headings = new LinkedHashMap<>();
        headings.put(
                "Images",
                List.of("--layout", "--classes", "--image-size", "--tile-overlap", "--tile-scale", "--no-tiles"));
        headings.put(
                "Model",
                List.of(
                        "--config",
                        "--recipe",
                        "--backbone",
                        "--weights",
                        "--weights-cache",
                        "--levels",
                        "--width",
                        "--heads",
                        "--layers",
                        "--blocks",
                        "--window",
                        "--gate",
                        "--ref-len",
                        "--ref-loss",
                        "--standardize",
                        "--least-deviation",
                        "--normalization",
                        "--no-avg-pool"));
        headings.put(
                "Training",
                List.of(
                        "--epochs",
                        "--batch-size",
                        "--lr",
                        "--warmup",
                        "--schedule",
                        "--seed",
                        "--feature-jitter",
                        "--noise-prob",
                        "--mask-tokens",
                        "--optimizer",
                        "--validation",
                        "--keep-best",
                        "--patience"));
        headings.put("Checkpoints", List.of("--checkpoint-every", "--checkpoint", "--resume"));
        headings.put("Scores", List.of("--score-levels", "--smoothing", "--false-alarm-rate", "--f1-max", "--recall"));
        headings.put("Pictures", List.of("--pictures", "--decoder"));
        headings.put(
                "Metrics and several runs",
                List.of("--metrics", "--evaluate-every", "--best-on-test", "--seeds", "--summary"));
        headings.put(
                "Limits",
                List.of(
                        "--max-body",
                        "--max-pixels",
                        "--max-concurrent",
                        "--max-queued",
                        "--max-wait",
                        "--max-per-client",
                        "--max-connections",
                        "--body-timeout",
                        "--stop-timeout"));
        headings.put("Computing", List.of("--backend", "--threads", "--precision"));
        return headings;
    }

    /** Adds the headings to the help of a command and of all its subcommands. */
    static void addTo(CommandLine line) {
        if (line.getCommandSpec().options().size() > MANY) {
            line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, OptionHeadings::list);
        }
        line.getSubcommands().values().forEach(OptionHeadings::addTo);
    }

    private static String list(Help help) {
        StringBuilder text = new StringBuilder();
        groups(help.commandSpec()).forEach((heading, options) -> append(text, help, heading, options));
        return text.toString();
    }

    /** Returns the visible options of a command by heading, in the order of the help; "" is the first heading. */
    static Map<String, List<OptionSpec>> groups(CommandSpec command) {
        List<OptionSpec> left = new ArrayList<>(command.options());
        left.removeIf(OptionSpec::hidden);
        Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
        if (command.options().size() <= MANY) {
            groups.put("", left);
            return groups;
        }
        List<String> first = FIRST.get(command.qualifiedName());
        groups.put("", take(left, option -> first == null ? option.required() : first.contains(option.longestName())));
        HEADINGS.forEach((heading, names) ->
                groups.put(heading, take(left, option -> names.contains(option.longestName()))));
        groups.put("Other", left);
        return groups;
    }

    private static List<OptionSpec> take(List<OptionSpec> from, Predicate<OptionSpec> which) {
        List<OptionSpec> taken = from.stream().filter(which).toList();
        from.removeAll(taken);
        return taken;
    }

    private static void append(StringBuilder text, Help help, String heading, List<OptionSpec> options) {
        if (options.isEmpty()) {
            return;
        }
        Help.Layout layout = help.createDefaultLayout();
        layout.addOptions(options, help.parameterLabelRenderer());
        text.append(heading.isEmpty() ? "" : System.lineSeparator() + heading + ":" + System.lineSeparator())
                .append(layout);
    }
}
