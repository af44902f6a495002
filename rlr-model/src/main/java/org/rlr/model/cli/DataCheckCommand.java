package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ProgressBar;
import org.rlr.model.config.Texts;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataCheck;
import org.rlr.model.data.DataLayout;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.Sample;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rlr data check}. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Show how a data set is read, and list its problems: unreadable files, missing masks, masks of "
                    + "another size, images used "
                    + "for both training and testing.",
            "Every file is read. The exit code is 1 if there are problems."
        })
final class DataCheckCommand implements Callable<Integer> {
    private static final int SHOWN = 20;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "The data set's folder.")
    private Path data;

    @Mixin
    private LayoutOption layout;

    @Option(names = "--all", description = "Print all problems and notes instead of the first " + SHOWN + " of each.")
    private boolean all;

    @Override
    public Integer call() {
        DataLayout chosen = layout.name() == null ? DataLayouts.recognise(data) : DataLayouts.named(layout.name());
        DataSet set = DataLayouts.read(data, chosen.name());
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%-9s %s%n", "data set", data);
        out.printf(
                "%-9s %s (%s)%n",
                "layout",
                chosen.name(),
                layout.name() != null
                        ? "given by --layout"
                        : chosen.evidence(data).orElseThrow());
        out.flush();
        DataCheck.Result result;
        try (ProgressBar bar = ProgressBars.images("reading", DataCheck.images(set))) {
            result = DataCheck.run(set, 0, bar::step);
        }
        out.print(table(set, result));
        list(out, "notes", result.notes());
        list(out, "problems", result.problems());
        out.flush();
        if (!result.problems().isEmpty()) {
            int count = result.problems().size();
            throw new DataSetException(
                    Texts.count(count, "problem") + " in " + data + ", listed above; first: "
                            + result.problems().get(0),
                    "",
                    null);
        }
        out.println("no problems");
        out.flush();
        return 0;
    }

    private void list(PrintWriter out, String title, List<String> sentences) {
        if (sentences.isEmpty()) {
            return;
        }
        out.println(title);
        sentences.stream()
                .limit(all ? sentences.size() : SHOWN)
                .forEach(sentence -> out.println("- " + OptionNames.translate(sentence)));
        if (!all && sentences.size() > SHOWN) {
            out.println("- and " + (sentences.size() - SHOWN) + " more; --all prints them");
        }
    }

    private static String table(DataSet set, DataCheck.Result result) {
        TextTable table = new TextTable(Set.of(0, 6, 7))
                .row("class", "train", "validation", "test good", "test defective", "with mask", "sizes", "defects");
        for (ClassSamples each : set.classes()) {
            List<Sample> defective =
                    each.test().stream().filter(Sample::anomalous).toList();
            long masked = defective.stream()
                    .filter(sample -> !sample.masks().isEmpty())
                    .count();
            Map<String, Long> kinds = defective.stream()
                    .collect(Collectors.groupingBy(Sample::defect, TreeMap::new, Collectors.counting()));
            table.row(
                    each.name(),
                    number(each.train().size()),
                    number(each.validation().size()),
                    number(each.test().size() - defective.size()),
                    number(defective.size()),
                    masked + "/" + defective.size(),
                    sizes(result.sizes().getOrDefault(each.name(), Map.of())),
                    kinds.entrySet().stream()
                            .map(kind -> kind.getKey() + " " + kind.getValue())
                            .collect(Collectors.joining(", ")));
        }
        return table.toString();
    }

    private static String number(int count) {
        return Integer.toString(count);
    }

    /** Returns the sizes; of more than two, the smallest and the largest. */
    private static String sizes(Map<ImageSize, Integer> counts) {
        List<ImageSize> sizes = List.copyOf(counts.keySet());
        return sizes.size() <= 2
                ? sizes.stream().map(ImageSize::toString).collect(Collectors.joining(", "))
                : sizes.get(0) + " … " + sizes.get(sizes.size() - 1) + " (" + sizes.size() + ")";
    }
}
