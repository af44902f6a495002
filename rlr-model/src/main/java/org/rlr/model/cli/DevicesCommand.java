package org.rlr.model.cli;

import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendProvider;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code rlr devices}. */
@Command(
        name = "devices",
        mixinStandardHelpOptions = true,
        description = "List the backends, and the reason if one cannot start here.")
final class DevicesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        for (BackendProvider provider : Backends.providers()) {
            Optional<String> why = provider.unavailable();
            if (why.isPresent()) {
                out.printf("%-6s cannot start: %s%n", provider.type(), OptionNames.translate(why.get()));
                continue;
            }
            for (int i = 0; i < provider.devices(); i++) {
                try (Backend backend = provider.create(i, BackendSettings.DEFAULTS)) {
                    out.printf("%-6s %s%n", provider.type(), backend.description());
                } catch (RlrException e) {
                    // a second GPU may be too old even if the first is not
                    out.printf("%-6s %d cannot start: %s%n", provider.type(), i, OptionNames.explain(e));
                }
            }
        }
        out.flush();
        return 0;
    }
}
