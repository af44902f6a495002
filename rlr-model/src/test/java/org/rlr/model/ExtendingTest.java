package org.rlr.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What docs/extending.md shows is what is compiled and run here: {@code RingAttention}, its test, and the file by which
 * it is found.
 */
class ExtendingTest {
    private static final Path PAGE = Path.of("../docs/extending.md");
    private static final Path TESTS = Path.of("src/test");
    private static final int MOST_LINES = 40;

    private static List<String> blocks(String language) throws IOException {
        return Pattern.compile("```" + language + "\\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(PAGE))
                .results()
                .map(m -> m.group(1))
                .toList();
    }

    @Test
    void theBlockOfThePageIsTheOneThatIsTested() throws IOException {
        List<String> java = blocks("java");
        assertEquals(2, java.size(), "Java on the page");
        assertEquals(Files.readString(TESTS.resolve("java/org/example/RingAttention.java")), java.get(0));
        assertEquals(Files.readString(TESTS.resolve("java/org/example/RingAttentionTest.java")), java.get(1));
        assertTrue(
                java.get(0).lines().count() <= MOST_LINES, java.get(0).lines().count() + " lines");
    }

    @Test
    void theServiceFileOfThePageIsTheOneThatIsTested() throws IOException {
        Path file = TESTS.resolve("resources/META-INF/services/org.rlr.model.attention.AttentionBlockProvider");
        assertTrue(Files.readString(PAGE)
                .contains(TESTS.resolve("resources").relativize(file).toString()));
        assertTrue(
                blocks("text").contains(Files.readString(file)), blocks("text").toString());
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        Matcher link = Pattern.compile("]\\(([^):]+)\\)").matcher(Files.readString(PAGE));
        while (link.find()) {
            assertTrue(Files.exists(PAGE.resolveSibling(link.group(1))), link.group(1));
        }
    }
}
