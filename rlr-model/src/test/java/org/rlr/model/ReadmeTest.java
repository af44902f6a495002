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

/** The README and other files name the same version. */
class ReadmeTest {
    private static final Path ROOT = Path.of("..");

    /** Files that do not inherit the version name the same one. */
    @Test
    void theVersionIsTheSameEverywhere() throws IOException {
        String version = version("pom.xml");
        for (String file : List.of(
                "README.md",
                "docs/how-to/embedding.md",
                "rlr-model/bom/pom.xml",
                "rlr-model/examples/plain-maven/pom.xml",
                "rlr-model/examples/spring-boot/pom.xml",
                "rlr-model/examples/training/java/pom.xml",
                "rlr-model/examples/training/kotlin/pom.xml")) {
            assertEquals(version, version(file), file);
        }
    }

    private static String version(String file) throws IOException {
        Matcher version = Pattern.compile("<artifactId>rlr-\\w+</artifactId>\\s*<version>(.*)</version>")
                .matcher(Files.readString(ROOT.resolve(file)));
        assertTrue(version.find(), file);
        return version.group(1);
    }
}
