package org.rlr.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlr.model.attention.AttentionBlockProvider;
import org.rlr.model.backbone.BackboneProvider;
import org.rlr.model.data.DataLayoutProvider;

/** Compiles and runs the code of the pages on extensions: classes, tests, and their service files. */
class ExtendingTest {
    private static final Path TESTS = Path.of("src/test");

    /** The pages, their classes, and the services that they implement. */
    enum Page {
        BLOCK("attention-blocks.md", 40, AttentionBlockProvider.class, "RingAttention", "RingAttentionTest"),
        BACKBONE("own-backbone.md", 60, BackboneProvider.class, "PatchBackbone", "PatchBackboneTest"),
        LAYOUT("own-layout.md", 60, DataLayoutProvider.class, "LabelsLayout");

        private final Path file;
        private final int mostLines;
        private final Class<?> service;
        private final List<String> classes;

        Page(String file, int mostLines, Class<?> service, String... classes) {
            this.file = Path.of("../docs/how-to", file);
            this.mostLines = mostLines;
            this.service = service;
            this.classes = List.of(classes);
        }

        private List<String> blocks(String language) throws IOException {
            return Pattern.compile("```" + language + "\\n(.*?)```", Pattern.DOTALL)
                    .matcher(Files.readString(file))
                    .results()
                    .map(m -> m.group(1))
                    .toList();
        }
    }

    @ParameterizedTest
    @EnumSource
    void theJavaCodeOfThePageIsTested(Page page) throws IOException {
        List<String> java = page.blocks("java");
        List<String> tested = new ArrayList<>();
        for (String name : page.classes) {
            tested.add(Files.readString(TESTS.resolve("java/org/example/" + name + ".java")));
        }
        assertEquals(tested, java);
        long lines = java.get(0).lines().count();
        assertTrue(lines <= page.mostLines, lines + " lines");
    }

    @ParameterizedTest
    @EnumSource
    void theServiceFileOfThePageIsTested(Page page) throws IOException {
        String file = "META-INF/services/" + page.service.getName();
        assertTrue(Files.readString(page.file).contains(file));
        assertEquals(List.of(Files.readString(TESTS.resolve("resources").resolve(file))), page.blocks("text"));
    }
}
