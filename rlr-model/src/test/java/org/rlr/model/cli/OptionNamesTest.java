package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.InvalidSettingException;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The core names settings and methods; the command line names its options and commands. */
class OptionNamesTest {
    private static final List<String> MODULES = List.of("rlr-tensor", "rlr-cuda", "rlr-model");

    /** Arguments of the JVM and of the CUDA compiler. */
    private static final Set<String> OF_OTHER_PROGRAMS = Set.of("--add-modules", "--gpu-architecture", "--std");

    /** Settings of classes that only applications use. */
    private static final Set<String> OF_APPLICATIONS = Set.of(
            "keptBytes",
            "maxConcurrent",
            "maxWait",
            "maxQueued",
            "maxPixels",
            "idleTrim",
            "width",
            "height",
            "rowStride");

    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]*");
    private static final Pattern COMMAND = Pattern.compile("(?:'|\\{@code )rlr [a-z]+");
    private static final Pattern QUOTED = Pattern.compile("`([\\w.]+)`");
    /** A setting to which the exception itself adds backticks. */
    private static final Pattern SETTING =
            Pattern.compile("(?:InvalidSettingException|\\brequire)\\((?:[^\";]*,)?\\s*\"([\\w.]+)\"");

    private static final Pattern CHARACTER_COMMENT_OR_STRING =
            Pattern.compile("'(?:\\\\.|[^'\\\\])+'|//[^\n]*|/\\*.*?\\*/|\"(?:\\\\.|[^\"\\\\])*\"", Pattern.DOTALL);

    /** A source file of the modules, by its path from their common folder. */
    private record Source(String path, String text) {
        /** Returns the strings and comments of the file. */
        List<String> words() {
            return CHARACTER_COMMENT_OR_STRING
                    .matcher(text)
                    .results()
                    .map(MatchResult::group)
                    .filter(word -> !word.startsWith("'"))
                    .toList();
        }
    }

    private static List<Source> sources() throws IOException {
        Path root = Path.of("..").toRealPath();
        List<Source> sources = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.walk(root.resolve(module).resolve("src/main/java"))) {
                for (Path file :
                        files.filter(each -> each.toString().endsWith(".java")).toList()) {
                    String path = root.relativize(file).toString().replace('\\', '/');
                    if (!path.contains("/model/cli/")) {
                        sources.add(new Source(path, Files.readString(file)));
                    }
                }
            }
        }
        assertTrue(sources.size() > 80, () -> sources.size() + " files were found");
        return sources;
    }

    @Test
    void theCoreKnowsNoOptionAndNoCommand() throws IOException {
        List<String> found = new ArrayList<>();
        for (Source source : sources()) {
            for (String word : source.words()) {
                Stream.of(OPTION, COMMAND)
                        .flatMap(pattern -> pattern.matcher(word).results())
                        .map(MatchResult::group)
                        .filter(name -> !OF_OTHER_PROGRAMS.contains(name))
                        .forEach(name -> found.add(source.path() + ": " + name));
            }
        }
        assertEquals(List.of(), found);
    }

    @Test
    void everyNameInBackticksIsAnOptionOrACommand() throws IOException {
        List<String> unknown = new ArrayList<>();
        int names = 0;
        for (Source source : sources()) {
            List<String> quoted = new ArrayList<>();
            source.words().stream()
                    .filter(word -> word.startsWith("\""))
                    .flatMap(word -> QUOTED.matcher(word).results())
                    .forEach(match -> quoted.add(match.group(1)));
            if (source.text().contains("InvalidSettingException")) {
                SETTING.matcher(source.text()).results().forEach(match -> quoted.add(match.group(1)));
            }
            names += quoted.size();
            quoted.stream()
                    .filter(name -> !OF_APPLICATIONS.contains(name))
                    .filter(name -> !exists(OptionNames.translate("`" + name + "`")))
                    .forEach(name -> unknown.add(source.path() + ": " + name));
        }
        assertEquals(List.of(), unknown);
        assertTrue(names > 60, names + " names were found");
    }

    /** Returns whether each name is an option of some command, or a command with existing options. */
    private static boolean exists(String names) {
        return Stream.of(names.split(" or ")).allMatch(OptionNamesTest::existsAlone);
    }

    private static boolean existsAlone(String name) {
        if (OptionNames.OPTIONS.contains(name)) {
            return true;
        }
        Matcher quoted = Pattern.compile("'rlr (.*)'").matcher(name);
        if (!quoted.matches()) {
            return false;
        }
        CommandLine command = new CommandLine(new Main());
        boolean value = false;
        for (String word : quoted.group(1).split(" ")) {
            if (value) {
                value = false;
            } else if (word.startsWith("--")) {
                OptionSpec option = command.getCommandSpec().optionsMap().get(word);
                if (option == null) {
                    return false;
                }
                value = option.arity().max() > 0;
            } else if (command.getSubcommands().containsKey(word)) {
                command = command.getSubcommands().get(word);
            } else if (!word.equals(word.toUpperCase(java.util.Locale.ROOT))) {
                return false;
            }
        }
        return !command.getCommandName().equals("rlr");
    }

    @Test
    void namesBecomeOptionsAndCommands() {
        assertEquals(
                "--epochs is 0; it must be at least 1",
                OptionNames.explain(new InvalidSettingException("epochs", 0, "at least 1")));
        assertEquals("lower --batch-size or --lr", OptionNames.translate("lower `batchSize` or `learningRate`"));
        assertEquals("see 'rlr threshold --per-class'", OptionNames.translate("see `Thresholding.withClasses`"));
        assertEquals("use 'rlr weights get resnet18'", OptionNames.translate("use `WeightsDownloader.get(resnet18)`"));
        assertEquals("`unknown` and $1", OptionNames.translate("`unknown` and $1"));
        assertTrue(!exists("`unknown`") && !exists("--unknown") && !exists("'rlr unknown'") && !exists("'rlr X'"));
        assertTrue(!exists("'rlr info --unknown'") && exists("'rlr info --json --model MODEL'"));
    }
}
