package org.rlr.model;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** A Java class as input for the compiler, in memory. */
final class SourceText extends SimpleJavaFileObject {
    private final String text;

    SourceText(String className, String text) {
        super(URI.create("string:///" + className + ".java"), Kind.SOURCE);
        this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
    }

    /** Compiles a class with the class path of the tests into a folder, and returns the messages of the compiler. */
    static List<Diagnostic<? extends JavaFileObject>> compile(String className, String text, Path out) {
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        ToolProvider.getSystemJavaCompiler()
                .getTask(
                        null,
                        null,
                        problems,
                        List.of("-d", out.toString(), "-cp", System.getProperty("java.class.path")),
                        null,
                        List.of(new SourceText(className, text)))
                .call();
        return problems.getDiagnostics();
    }
}
