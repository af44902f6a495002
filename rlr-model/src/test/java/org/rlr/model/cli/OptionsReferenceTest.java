package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code docs/reference/options.md} lists the commands and options of the program. */
class OptionsReferenceTest {
    private static final Path PAGE = Path.of("..", "docs", "reference", "options.md");
    private static final String UPDATE = "rlr.update.docs";
    private static final Set<String> IN_EVERY_COMMAND = Set.of("--help", "--version");

    @Test
    void thePageIsUpToDate() throws IOException {
        String text = page();
        if (Boolean.getBoolean(UPDATE)) {
            Files.createDirectories(PAGE.getParent());
            Files.writeString(PAGE, text);
        }
        assertEquals(
                text,
                Files.exists(PAGE) ? Files.readString(PAGE) : "",
                () -> PAGE + " is out of date; rewrite it with: mvn -pl rlr-model test -Dtest=OptionsReferenceTest -D"
                        + UPDATE + "=true");
    }

    private static String page() {
        CommandLine main = new CommandLine(new Main());
        StringBuilder text = new StringBuilder("""
                # Commands and options

                Generated from the program by `OptionsReferenceTest`; do not edit. `rlr COMMAND --help` prints the same
                text. Every command also has `-h`, `--help` and `-V`, `--version`. The exit code is 0 on success, 1 on
                failure and 2 on wrong usage.
                """);
        main.getSubcommands().values().forEach(command -> append(text, command));
        return text.toString();
    }

    private static void append(StringBuilder text, CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        if (spec.usageMessage().hidden() || spec.userObject() instanceof CommandLine.HelpCommand) {
            return;
        }
        text.append("\n## ").append(spec.qualifiedName()).append("\n\n");
        Stream.of(spec.usageMessage().description())
                .forEach(line -> text.append(escaped(line)).append('\n'));
        Help help = new Help(spec, Help.defaultColorScheme(Ansi.OFF));
        String required = spec.options().stream()
                .filter(option -> option.required() && option.group() == null)
                .map(option -> names(option) + label(help, option) + " ")
                .collect(Collectors.joining());
        text.append("\n```\n")
                .append(help.abbreviatedSynopsis().strip().replace("[OPTIONS]", required + "[OPTIONS]"))
                .append("\n```\n");
        append(text, help, "", "argument", spec.positionalParameters());
        OptionHeadings.groups(spec)
                .forEach((heading, options) -> append(
                        text,
                        help,
                        heading,
                        "option",
                        options.stream()
                                .filter(option -> !IN_EVERY_COMMAND.contains(option.longestName()))
                                .toList()));
        command.getSubcommands().values().forEach(each -> append(text, each));
    }

    private static void append(
            StringBuilder text, Help help, String heading, String column, List<? extends ArgSpec> arguments) {
        if (arguments.isEmpty()) {
            return;
        }
        text.append(heading.isEmpty() ? "" : "\n### " + heading + "\n");
        text.append("\n| ").append(column).append(" | meaning |\n|---|---|\n");
        for (ArgSpec argument : arguments) {
            String names = argument instanceof OptionSpec option ? names(option) : "";
            text.append("| `")
                    .append((names + label(help, argument)).replace("|", "\\|"))
                    .append("` | ")
                    .append(escaped(String.join(" ", argument.description())))
                    .append(argument instanceof OptionSpec option ? required(option) : "")
                    .append(" |\n");
        }
    }

    private static String label(Help help, ArgSpec argument) {
        return help.parameterLabelRenderer()
                .renderParameterLabel(argument, Ansi.OFF, List.of())
                .toString();
    }

    private static String required(OptionSpec option) {
        ArgGroupSpec group = option.group();
        if (group == null) {
            return option.required() ? " Required." : "";
        }
        return (group.multiplicity().min() > 0 ? " Required: one of " : " At most one of ")
                + group.options().stream().map(OptionSpec::longestName).collect(Collectors.joining(", ")) + ".";
    }

    private static String names(OptionSpec option) {
        return Stream.of(option.names())
                .map(name -> option.negatable() ? name.replaceFirst("^--(no-)?", "--[no-]") : name)
                .collect(Collectors.joining(", "));
    }

    private static String escaped(String text) {
        // an attention block and a layout that only the tests have
        return text.replace(", ring", "")
                .replace("labels, ", "")
                .replace("|", "\\|")
                .replace("<", "&lt;");
    }
}
