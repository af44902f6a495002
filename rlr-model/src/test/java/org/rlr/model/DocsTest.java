package org.rlr.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.cli.CommandLines;

/** The Markdown files of the project: links, the index of the docs, width of lines, snippets and commands. */
class DocsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path DOCS = ROOT.resolve("docs");
    private static final int COLUMNS = 120;
    /** Above a snippet that no test compiles. */
    private static final String NOT_COMPILED = "<!-- not compiled -->";

    private static final Pattern LINK = Pattern.compile("]\\(([^()\\s]+)\\)|src=\"([^\"]+)\"");
    private static final Pattern VARIABLE = Pattern.compile("(?m)^\\s*([A-Z0-9]+)=\"([^\"]*)\"");

    /** What a snippet that is no class of its own may use. */
    private static final String SNIPPET = """
            import java.nio.file.*;
            import org.rlr.model.data.*;
            import org.rlr.model.detect.*;
            import org.rlr.model.report.*;
            class Snippet { void run(AnomalyDetector detector) throws Exception { %s } }
            """;

    private static final Map<Path, Page> PAGES = new TreeMap<>();

    /**
     * A Markdown file.
     *
     * @param prose its lines by number, without blocks of code
     * @param blocks of code
     */
    private record Page(Path file, Map<Integer, String> prose, List<Block> blocks) {
        static Page read(Path file) throws IOException {
            Map<Integer, String> prose = new LinkedHashMap<>();
            List<Block> blocks = new ArrayList<>();
            StringBuilder code = new StringBuilder();
            String language = null;
            String before = "";
            String last = "";
            int number = 0;
            for (String line : Files.readAllLines(file)) {
                number++;
                if (language == null && line.startsWith("```")) {
                    language = line.substring(3);
                    before = last;
                } else if (language == null) {
                    prose.put(number, line);
                    last = line.isBlank() ? last : line;
                } else if (line.startsWith("```")) {
                    blocks.add(new Block(file, language, before, code.toString()));
                    code.setLength(0);
                    language = null;
                    last = "";
                } else {
                    code.append(line).append('\n');
                }
            }
            assertEquals(null, language, file + " has a block of code without an end");
            return new Page(file, prose, blocks);
        }

        boolean in(String folder) {
            return file.startsWith(DOCS.resolve(folder));
        }

        /** Paths and anchors of the project's own files. */
        List<String> links() {
            return LINK.matcher(String.join("\n", prose.values()).replaceAll("`[^`\n]*`", "`"))
                    .results()
                    .map((MatchResult each) -> each.group(1) == null ? each.group(2) : each.group(1))
                    .filter(link -> !link.matches("[a-z]+:.*"))
                    .toList();
        }

        Path target(String link) {
            String path = link.replaceFirst("#.*", "");
            return path.isEmpty() ? file : file.resolveSibling(path).normalize();
        }

        /** The anchors of its headings, as GitHub makes them. */
        Set<String> anchors() {
            Set<String> anchors = new HashSet<>();
            Map<String, Integer> seen = new HashMap<>();
            for (String line : prose.values()) {
                if (line.matches("#+ .*")) {
                    String slug = line.replaceFirst("^#+ ", "")
                            .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
                            .strip()
                            .toLowerCase(Locale.ROOT)
                            .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                            .replace(' ', '-');
                    int times = seen.merge(slug, 1, Integer::sum);
                    anchors.add(times == 1 ? slug : slug + "-" + (times - 1));
                }
            }
            return anchors;
        }
    }

    /** A block of code, and the line of text before it. */
    private record Block(Path file, String language, String before, String code) {}

    @BeforeAll
    static void read() throws IOException {
        PAGES.clear();
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                // files of the build appear and vanish meanwhile
                return folder.endsWith("target") || folder.endsWith(".git") || folder.endsWith("resources")
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (file.toString().endsWith(".md")) {
                    PAGES.put(file, Page.read(file));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        assertTrue(PAGES.size() > 50, PAGES.keySet().toString());
    }

    private static Stream<Block> blocks(String language) {
        return PAGES.values().stream()
                .flatMap(page -> page.blocks().stream())
                .filter(block -> block.language().equals(language));
    }

    private static String named(Path file, Object what) {
        return ROOT.relativize(file) + ": " + what;
    }

    @Test
    void everyLinkLeadsToAFileAndAHeading() {
        List<String> broken = new ArrayList<>();
        for (Page page : PAGES.values()) {
            for (String link : page.links()) {
                Path target = page.target(link);
                Page other = PAGES.get(target);
                String anchor = link.replaceFirst("[^#]*#?", "");
                if (!Files.exists(target)
                        || (!anchor.isEmpty()
                                && other != null
                                && !other.anchors().contains(anchor))) {
                    broken.add(named(page.file(), link));
                }
            }
        }
        assertEquals(List.of(), broken);
    }

    @Test
    void theIndexLeadsToEveryPage() {
        Set<Path> reached = new HashSet<>();
        Deque<Path> left = new ArrayDeque<>(List.of(DOCS.resolve("README.md")));
        while (!left.isEmpty()) {
            Page page = PAGES.get(left.pop());
            if (page != null && page.in("") && reached.add(page.file())) {
                page.links().forEach(link -> left.push(page.target(link)));
            }
        }
        assertEquals(
                List.of(),
                PAGES.values().stream()
                        .filter(page -> page.in(""))
                        .map(Page::file)
                        .filter(file -> !reached.contains(file))
                        .map(ROOT::relativize)
                        .toList());
    }

    /** Tables, targets of links and the generated page of options may be wider. */
    @Test
    void linesOfProseAreNotTooLong() {
        List<String> tooLong = new ArrayList<>();
        for (Page page : PAGES.values()) {
            if (page.in("") && !page.in("reference/options.md")) {
                page.prose().forEach((number, line) -> {
                    String text = line.replaceAll("]\\([^()\\s]*\\)", "]").replaceAll("src=\"[^\"]*\"", "");
                    if (!line.startsWith("|") && text.length() > COLUMNS) {
                        tooLong.add(named(page.file(), number));
                    }
                });
            }
        }
        assertEquals(List.of(), tooLong);
    }

    /** Snippets that are files of the tests are compared with them by the page's own test. */
    @Test
    void javaCompilesOrSaysThatItDoesNot(@TempDir Path out) throws IOException {
        Set<String> tested = new HashSet<>();
        try (Stream<Path> files = Files.list(Path.of("src/test/java/org/example"))) {
            for (Path file : files.toList()) {
                tested.add(Files.readString(file));
            }
        }
        for (Block block : blocks("java").toList()) {
            if (block.before().equals(NOT_COMPILED) || tested.contains(block.code())) {
                continue;
            }
            Matcher name = Pattern.compile("public class (\\w+)").matcher(block.code());
            boolean whole = name.find();
            assertEquals(
                    List.of(),
                    SourceText.compile(
                            whole ? name.group(1) : "Snippet",
                            whole ? block.code() : SNIPPET.formatted(block.code()),
                            out),
                    named(block.file(), block.code()));
        }
    }

    /** Commands of the shell, and those that a transcript begins with. */
    @Test
    void commandsAndOptionsExist() {
        List<String> unknown = new ArrayList<>();
        int commands = 0;
        for (Page page : PAGES.values()) {
            for (Block block : page.blocks()) {
                for (String command : commands(page, block)) {
                    commands++;
                    CommandLines.unknown(command)
                            .forEach(word -> unknown.add(named(page.file(), word + " in " + command)));
                }
            }
        }
        assertTrue(commands > 100, commands + " commands");
        assertEquals(List.of(), unknown);
    }

    private static List<String> commands(Page page, Block block) {
        String code = block.code();
        if (block.language().equals("text")) {
            code = String.join(
                    "\n",
                    code.lines()
                            .filter(line -> line.startsWith("$ rlr "))
                            .map(line -> line.substring(2))
                            .toList());
        } else if (!block.language().equals("sh")) {
            return List.of();
        }
        code = code.replace("\\\n", " ");
        for (Block each : page.blocks()) {
            for (MatchResult variable : VARIABLE.matcher(each.code()).results().toList()) {
                code = code.replaceAll("\\$" + variable.group(1) + "\\b", Matcher.quoteReplacement(variable.group(2)));
            }
        }
        return Pattern.compile("(?m)^\\s*(?:java [^\\n]*-jar \\S*rlr\\.jar|(?:bin/)?rlr) +([a-z][^\\n]*)")
                .matcher(code.replaceAll("(?m)\\s#.*$", "").replaceAll("\\s*(?:;|&&|\\|)\\s*", "\n"))
                .results()
                .map((MatchResult each) -> each.group(1).strip())
                .toList();
    }
}
