package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every jar of the build contains the licence and the notice. It runs in phase verify, after packaging. */
@Tag("jars")
class JarsTest {
    private static final Path ROOT = Path.of("..");

    /** The module's classes; its tests, if other modules use them; the command line's classes; rlr.jar. */
    @ParameterizedTest
    @CsvSource({"rlr-tensor, 2", "rlr-cuda, 2", "rlr-model, 4", "rlr-bench, 1"})
    void everyJarHasLicenceAndNotice(String module, int count) throws IOException {
        String licence = Files.readString(ROOT.resolve("LICENSE"));
        String notice = Files.readString(ROOT.resolve("NOTICE")).strip();
        List<Path> jars;
        try (Stream<Path> files = Files.list(ROOT.resolve(module).resolve("target"))) {
            // a release has two more
            jars = files.filter(f -> f.toString().matches(".*(?<!-sources|-javadoc)\\.jar"))
                    .toList();
        }
        assertEquals(count, jars.size(), jars.toString());
        for (Path jar : jars) {
            assertEquals(licence, text(jar, "META-INF/LICENSE"), jar.toString());
            String all = text(jar, "META-INF/NOTICE");
            assertTrue(all.startsWith(notice), jar.toString());
            assertEquals(0, all.lastIndexOf(notice), jar + " has the notice twice");
        }
    }

    private static String text(Path file, String name) throws IOException {
        try (JarFile jar = new JarFile(file.toFile())) {
            ZipEntry entry = jar.getEntry(name);
            assertTrue(entry != null, file + " has no " + name);
            try (InputStream in = jar.getInputStream(entry)) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }
}
