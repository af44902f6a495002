package org.rlr.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/method.md and the code that cites it together. */
class MethodPageTest {
    private static final Path ROOT = Path.of("..");
    private static final Path PAGE = ROOT.resolve("docs/method.md");
    private static final List<String> MODULES = List.of("rlr-tensor", "rlr-cuda", "rlr-model", "rlr-bench");

    /** A citation, as in "RLR §7" or "RLR §4 to §8". A section with a point, "§2.1", is one of another paper. */
    private static final Pattern CITATION = Pattern.compile("§(\\d+)(?![.\\d]\\d)");

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private static List<Path> sources(String... endings) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module))) {
                files.filter(file -> !file.toString().contains("target"))
                        .filter(file -> Stream.of(endings).anyMatch(file.toString()::endsWith))
                        .forEach(sources::add);
            }
        }
        return sources;
    }

    private static Set<String> found(String pattern, String text) {
        return Pattern.compile(pattern, Pattern.MULTILINE)
                .matcher(text)
                .results()
                .map(each -> each.group(1))
                .collect(Collectors.toSet());
    }

    @Test
    void everySectionThatTheSourcesCiteIsOnThePage() throws IOException {
        Set<String> sections = found("^## (\\d+)\\. ", read(PAGE));
        List<String> missing = new ArrayList<>();
        int citations = 0;
        for (Path file : sources(".java", ".cu")) {
            if (file.endsWith("MethodPageTest.java")) {
                continue;
            }
            for (String line : read(file).lines().toList()) {
                Matcher citation = CITATION.matcher(line);
                while (citation.find()) {
                    citations++;
                    if (!sections.contains(citation.group(1))) {
                        missing.add(file.getFileName() + ": " + line.strip());
                    }
                }
            }
        }
        assertEquals(List.of(), missing);
        assertTrue(citations >= 50, "only " + citations + " citations found");
    }

    /** The last three columns of the table at the head of the page. */
    @Test
    void theClassesKernelsAndTestsOfTheTableExist() throws IOException {
        Set<String> classes = sources(".java").stream()
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());
        Set<String> kernels = sources(".cu").stream()
                .flatMap(file ->
                        found("__global__ void (?:__launch_bounds__\\([^)]*\\) )?(\\w+)\\(", read(file)).stream())
                .collect(Collectors.toSet());
        List<String> unknown = new ArrayList<>();
        List<String> rows = read(PAGE)
                .lines()
                .filter(line -> line.startsWith("| ") && line.contains("Test` |") || line.contains("Contract` |"))
                .toList();
        for (String row : rows) {
            String[] columns = row.split("\\|");
            unknown.addAll(unknown(columns[columns.length - 3], classes));
            unknown.addAll(unknown(columns[columns.length - 2], kernels));
            unknown.addAll(unknown(columns[columns.length - 1], classes));
        }
        assertEquals(12, rows.size());
        assertEquals(List.of(), unknown);
    }

    /** The names in backticks that are not among the known ones; "attention*" is any that begins so. */
    private static List<String> unknown(String column, Set<String> known) {
        return Pattern.compile("`(\\w+)(\\*?)`")
                .matcher(column)
                .results()
                .filter(name -> !isKnown(name, known))
                .map(MatchResult::group)
                .toList();
    }

    private static boolean isKnown(MatchResult name, Set<String> known) {
        return name.group(2).isEmpty()
                ? known.contains(name.group(1))
                : known.stream().anyMatch(each -> each.startsWith(name.group(1)));
    }
}
