package org.rlr.model.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.rlr.model.backbone.BackboneInfo;
import org.rlr.model.backbone.Backbones;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code rlr backbones}. */
@Command(
        name = "backbones",
        mixinStandardHelpOptions = true,
        description = "List the feature extractors with the channels of their levels.")
final class BackbonesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "%-26s %-8s %-11s %s%n",
                "name", "weights", "parameters", "channels by level (level i has stride 2^(i+1))");
        for (String name : Backbones.names()) {
            BackboneInfo info = Backbones.info(name);
            out.printf(
                    Locale.ROOT,
                    "%-26s %-8s %9.1f M %s%n",
                    name,
                    info.needsWeights() ? "needed" : "none",
                    info.parameters() / 1e6,
                    info.channels().entrySet().stream()
                            .map(e -> e.getKey() + ": " + e.getValue())
                            .collect(Collectors.joining(", ")));
        }
        out.flush();
        return 0;
    }
}
