package org.rlr.bench;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles the kernels of another commit, with {@code git archive} of rlr-tensor and the JDK's compiler. */
final class BaseClasses {
    private static final String SOURCES = "rlr-tensor/src/main/";

    private BaseClasses() {}

    /**
     * Returns this process's class path with a commit's rlr-tensor instead of the working tree's, and without rlr-cuda.
     *
     * @param commit any name of a commit for git
     * @param folder the folder for its classes; its contents are deleted first
     * @throws IllegalStateException in a sentence for the user if there is no such commit, it does not compile, or
     *     rlr-tensor is not on the class path
     */
    static String classPath(String commit, Path folder) throws IOException {
        clear(folder);
        Path classes = folder.resolve("classes");
        Files.createDirectories(classes);
        String top = new String(git("rev-parse", "--show-toplevel"), StandardCharsets.UTF_8).strip();
        List<Path> sources = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(
                new ByteArrayInputStream(git("-C", top, "archive", "--format=zip", commit, SOURCES)))) {
            for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
                String name = e.getName()
                        .substring(Math.min(SOURCES.length(), e.getName().length()));
                if (e.isDirectory() || name.endsWith("-info.java")) {
                    continue;
                }
                Path to = name.startsWith("resources/")
                        ? classes.resolve(name.substring("resources/".length()))
                        : folder.resolve(name);
                Files.createDirectories(to.getParent());
                Files.write(to, zip.readAllBytes());
                if (name.endsWith(".java")) {
                    sources.add(to);
                }
            }
        }
        compile(commit, sources, classes);
        List<String> path = new ArrayList<>(
                Arrays.asList(System.getProperty("java.class.path").split(java.io.File.pathSeparator)));
        if (!remove(path, "rlr-tensor")) {
            throw new IllegalStateException(
                    "rlr-tensor is not on the class path; run the guard as mvn -pl rlr-bench -Dguard");
        }
        // every rlr-tensor finds its backend, which may need classes that the commit's rlr-tensor lacks
        remove(path, "rlr-cuda");
        path.add(0, classes.toString());
        return String.join(java.io.File.pathSeparator, path);
    }

    private static boolean remove(List<String> path, String module) {
        return path.removeIf(
                p -> p.matches(".*" + module + "[/\\\\]target[/\\\\]classes[/\\\\]?|.*" + module + "-[^/\\\\]*\\.jar"));
    }

    private static void compile(String commit, List<Path> sources, Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new IllegalStateException("this Java has no compiler; run the guard with a JDK");
        }
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            List<String> options = List.of(
                    "--add-modules",
                    "jdk.incubator.vector",
                    "-source",
                    "17",
                    "-target",
                    "17",
                    "-nowarn",
                    "-d",
                    classes.toString(),
                    "-classpath",
                    System.getProperty("java.class.path"));
            if (!compiler.getTask(messages, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
                    .call()) {
                throw new IllegalStateException("the kernels of " + commit + " do not compile: "
                        + messages.toString().lines().findFirst().orElse(""));
            }
        }
    }

    private static byte[] git(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(arguments));
        Path errors = Files.createTempFile("git", ".txt");
        try {
            Process p =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            byte[] out = p.getInputStream().readAllBytes();
            if (p.waitFor() != 0) {
                throw new IllegalStateException("cannot get the base commit: git " + String.join(" ", arguments) + ": "
                        + Files.readString(errors).strip());
            }
            return out;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            Files.delete(errors);
        }
    }

    private static void clear(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
                Files.delete(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
