package org.rlr.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnJre;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Everything public has a comment with all its tags, as checked by the compiler's {@code -Xdoclint}. On JDK 17 only:
 * later JDKs require more.
 */
@EnabledOnJre(value = JRE.JAVA_17, disabledReason = "the checks of -Xdoclint differ between JDKs; tested on JDK 17")
class PublicJavadocTest {
    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();

    @ParameterizedTest
    @ValueSource(strings = {"rlr-tensor", "rlr-model"})
    void isCompleteIn(String module) throws IOException {
        List<Path> sources;
        try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
            sources = files.filter(file -> file.toString().endsWith(".java") && !file.endsWith("module-info.java"))
                    .toList();
        }
        assertFalse(sources.isEmpty(), module);
        try (StandardJavaFileManager manager =
                compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8)) {
            List<JavaFileObject> units = new ArrayList<>();
            manager.getJavaFileObjectsFromPaths(sources).forEach(units::add);
            assertEquals("", doclint(units));
        }
    }

    @Test
    void lacksNothingUnseen() throws IOException {
        String report = doclint(List.of(new SourceText(
                "Thing",
                "/** A thing. */ public class Thing { Thing() { } /** Sums. \n @param a one */ "
                        + "public int sum(int a, int b) { return a + b; } }")));
        assertTrue(report.contains("no @param for b") && report.contains("no @return"), report);
    }

    /** One line per warning; the sources are analysed without compiling them. */
    private String doclint(List<JavaFileObject> sources) throws IOException {
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        List<String> options = List.of(
                "-Xdoclint:all/public",
                "-proc:none",
                "--add-modules",
                "jdk.incubator.vector",
                "-Xmaxwarns",
                "10000",
                "-cp",
                System.getProperty("java.class.path"));
        JavacTask task = (JavacTask) compiler.getTask(null, null, found, options, null, sources);
        task.analyze();
        StringBuilder report = new StringBuilder();
        for (Diagnostic<? extends JavaFileObject> remark : found.getDiagnostics()) {
            boolean doclint = remark.getCode().endsWith("proc.messager") && !compactConstructor(remark);
            if (doclint || remark.getKind() == Diagnostic.Kind.ERROR) {
                report.append(
                                remark.getSource() == null
                                        ? ""
                                        : remark.getSource().getName() + ":" + remark.getLineNumber() + " ")
                        .append(remark.getMessage(Locale.ROOT))
                        .append('\n');
            }
        }
        return report.toString();
    }

    /** Whether a warning is about a record's compact constructor: the record's own comment documents the parameters. */
    private static boolean compactConstructor(Diagnostic<? extends JavaFileObject> remark) throws IOException {
        if (remark.getSource() == null) {
            return false;
        }
        String line = remark.getSource()
                .getCharContent(true)
                .toString()
                .lines()
                .skip(remark.getLineNumber() - 1)
                .findFirst()
                .orElse("");
        return line.matches("    public [A-Z]\\w+ \\{");
    }
}
