package org.rlr.model.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.rlr.model.backbone.BackboneInfo;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.FeatureLevel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code rlr backbones}. */
@Command(
        name = "backbones",
        mixinStandardHelpOptions = true,
        description = "List the backbones (feature extractors) with the channels and stride of each level.")
final class BackbonesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%-30s %-8s %-11s %s%n", "name", "weights", "parameters", "channels/stride by level");
        for (String name : Backbones.names()) {
            BackboneInfo info = Backbones.info(name);
            out.printf(
                    Locale.ROOT,
                    "%-30s %-8s %9.1f M %s%n",
                    name,
                    info.needsWeights() ? "needed" : "none",
                    info.parameters() / 1e6,
                    text(info.levels()));
        }
        out.flush();
        return 0;
    }

    /** Returns {@code 2: 40/8, 3: 112/16}; equal neighbours are joined, as in {@code 0-11: 384/14}. */
    private static String text(List<FeatureLevel> levels) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < levels.size(); i++) {
            FeatureLevel first = levels.get(i);
            while (i + 1 < levels.size()
                    && levels.get(i + 1)
                            .equals(new FeatureLevel(levels.get(i).level() + 1, first.channels(), first.stride()))) {
                i++;
            }
            int last = levels.get(i).level();
            parts.add(first.level() + (last > first.level() ? "-" + last : "") + ": " + first.channels() + "/"
                    + first.stride());
        }
        return String.join(", ", parts);
    }
}
