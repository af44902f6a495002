package org.rlr.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Files that CONTRIBUTING.md names exist. */
class ContributingTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    /** A file or folder in code style: with a slash, or with a suffix of the project's files. */
    private static final Pattern NAMED = Pattern.compile("`([\\w./-]*(?:/[\\w.-]+|\\.(?:md|java|cu|tsv)))`");

    private static String text;
    private static List<String> files;

    @BeforeAll
    static void read() throws IOException {
        text = Files.readString(ROOT.resolve("CONTRIBUTING.md"));
        files = new ArrayList<>();
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                // the build creates and deletes these files meanwhile
                if (folder.endsWith("target") || folder.endsWith(".git")) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                return visitFile(folder, attributes);
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                files.add("/" + ROOT.relativize(file).toString().replace(File.separatorChar, '/'));
                return FileVisitResult.CONTINUE;
            }
        });
    }

    @Test
    void everyFileThatItNamesExists() {
        Set<String> named = new TreeSet<>();
        Matcher code = NAMED.matcher(text);
        while (code.find()) {
            named.add(code.group(1));
        }
        assertTrue(named.size() > 30, named.toString());
        named.removeIf(name -> ("/" + name).contains("/target/"));
        assertEquals(
                List.of(),
                named.stream()
                        .filter(name -> files.stream().noneMatch(file -> file.endsWith("/" + name)))
                        .toList());
    }

    @Test
    void everyTestThatTakesLongIsListed() throws IOException {
        Set<String> tagged = new TreeSet<>();
        for (String file : files) {
            if (file.endsWith("Test.java")
                    && Files.readString(Path.of(ROOT + file)).contains("@Tag(\"thorough\")")) {
                tagged.add(file.replaceAll(".*/|\\.java", ""));
            }
        }
        assertTrue(tagged.contains("VectorWidthsTest"), tagged.toString());
        String rows = text.substring(text.indexOf("`-Pthorough` adds"), text.indexOf("`-Ponnxruntime` adds"));
        assertEquals(
                tagged,
                Pattern.compile("^\\| `(\\w+)` \\|", Pattern.MULTILINE)
                        .matcher(rows)
                        .results()
                        .map((MatchResult row) -> row.group(1))
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void thePackagesAreDrawn() throws IOException, InterruptedException {
        assumeTrue(File.separatorChar == '/', "a command of the shell");
        Matcher command =
                Pattern.compile("```sh\\n(jdeps.*?)```", Pattern.DOTALL).matcher(text);
        assertTrue(command.find());
        ProcessBuilder shell = new ProcessBuilder("sh", "-c", command.group(1)).directory(ROOT.toFile());
        shell.environment()
                .merge(
                        "PATH",
                        Path.of(System.getProperty("java.home"), "bin").toString(),
                        (path, jdk) -> jdk + File.pathSeparator + path);
        Process process = shell.redirectErrorStream(true).start();
        String drawing = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), drawing);
        assertTrue(drawing.startsWith("flowchart TD\n"), drawing);
        assertTrue(drawing.contains("    model.cli --> model.train\n"), drawing);
        assertTrue(!drawing.contains("model.config -->"), drawing);
    }
}
