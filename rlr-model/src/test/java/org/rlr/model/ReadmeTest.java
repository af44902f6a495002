package org.rlr.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's code compiles, and its links are valid. */
class ReadmeTest {
    private static final Path ROOT = Path.of("..");

    @Test
    void theJavaSnippetCompiles(@TempDir Path out) throws IOException {
        Matcher block = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(ROOT.resolve("README.md")));
        assertTrue(block.find(), "the README has no Java snippet");
        String source = block.group(1);
        Matcher name = Pattern.compile("public class (\\w+)").matcher(source);
        assertTrue(name.find());
        JavaFileObject file = new SourceText(name.group(1), source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        compiler.getTask(
                        null,
                        null,
                        problems,
                        List.of("-d", out.toString(), "-cp", System.getProperty("java.class.path")),
                        null,
                        List.of(file))
                .call();
        assertEquals(List.of(), problems.getDiagnostics());
    }

    @Test
    void everyLinkToAFileOfTheProjectLeadsSomewhere() throws IOException {
        Matcher link = Pattern.compile("]\\(([^):]+)\\)").matcher(Files.readString(ROOT.resolve("README.md")));
        while (link.find()) {
            assertTrue(Files.exists(ROOT.resolve(link.group(1))), link.group(1));
        }
    }

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
