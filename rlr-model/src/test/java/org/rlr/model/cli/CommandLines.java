package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlr.model.data.DataLayouts;
import picocli.CommandLine;

/** Commands for tests of other packages. */
public final class CommandLines {
    private static final CommandLine RLR = new CommandLine(new Main());

    private CommandLines() {}

    /** Runs a command and returns its exit code. */
    public static int run(PrintWriter out, PrintWriter err, String... args) {
        return Main.run(out, err, args);
    }

    /** Returns the arguments of a short training on the tiny data set. */
    public static Object[] shortTraining(Path out, Object... more) {
        return TinyModel.train(TinyModel.data(), out, more);
    }

    /** Returns a model file, which tests must not change. */
    public static Path anyModel() {
        return TinyModel.model();
    }

    /** Returns the images that it was trained on. */
    public static List<Path> trainingImages() {
        return DataLayouts.read(TinyModel.data()).train().stream()
                .map(sample -> sample.image().file())
                .toList();
    }

    /** The command and the options of a line, without {@code rlr}, that do not exist. */
    public static List<String> unknown(String line) {
        CommandLine command = RLR;
        List<String> unknown = new ArrayList<>();
        boolean atCommand = true;
        for (String word : line.split("\\s+")) {
            if (atCommand && command.getSubcommands().containsKey(word)) {
                command = command.getSubcommands().get(word);
                continue;
            }
            if (atCommand && command.getParent() == null) {
                unknown.add(word);
            }
            atCommand = false;
            String option = word.replaceFirst("=.*", "");
            if (option.startsWith("--")
                    && !command.getCommandSpec().optionsMap().containsKey(option)) {
                unknown.add(option);
            }
        }
        return unknown;
    }
}
