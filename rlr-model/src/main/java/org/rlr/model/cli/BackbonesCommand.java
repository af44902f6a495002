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
        description = "List the feature extractors with channels and stride of their levels.")
final class BackbonesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%-26s %-8s %-11s %s%n", "name", "weights", "parameters", "channels/stride by level");
        for (String name : Backbones.names()) {
            BackboneInfo info = Backbones.info(name);
            out.printf(
                    Locale.ROOT,
                    "%-26s %-8s %9.1f M %s%n",
                    name,
                    info.needsWeights() ? "needed" : "none",
                    info.parameters() / 1e6,
                    info.levels().stream()
                            .map(level -> level.level() + ": " + level.channels() + "/" + level.stride())
                            .collect(Collectors.joining(", ")));
        }
        out.flush();
        return 0;
    }
}
