package org.rlr.model.cli;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Starts the program again with the Vector API, an incubator module that no manifest can ask for and that a JVM takes
 * in only at its start.
 */
final class Relaunch {
    private static final String MODULE = "jdk.incubator.vector";
    private static final String MARK = "rlr.relaunched";
    private static final int LAST_WORDS_SECONDS = 10;
    private static final Pattern COLLECTOR = Pattern.compile("-XX:\\+Use\\w*GC");
    /**
     * Until C2 has compiled them, loops on vectors are hundreds of times slower (each vector is an object), so they are
     * compiled after a twentieth of the usual number of calls.
     */
    static final List<String> EARLY_KERNELS = List.of(
            "-XX:+IgnoreUnrecognizedVMOptions",
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=CompileThresholdScaling,org.rlr.tensor.cpu.Vector*::*,0.05");

    /**
     * Tensors are reused, so there is little to collect; this collector takes half the memory of the default, and less
     * with few young objects.
     */
    static final List<String> SMALL_HEAP = List.of("-XX:+UseSerialGC", "-XX:MaxNewSize=64m");

    private Relaunch() {}

    /** The exit code of the new JVM; null where none is needed or possible, and this one goes on. */
    static @Nullable Integer withVectorModule(String[] args) {
        if (ModuleLayer.boot().findModule(MODULE).isPresent()
                || Boolean.getBoolean(MARK)
                || ModuleFinder.ofSystem().find(MODULE).isEmpty()) {
            return null;
        }
        Path java = Path.of(System.getProperty("java.home"), "bin", File.separatorChar == '\\' ? "java.exe" : "java");
        if (!Files.isExecutable(java)) {
            return null;
        }
        List<String> command = new ArrayList<>();
        command.add(java.toString());
        List<String> given = ManagementFactory.getRuntimeMXBean().getInputArguments();
        command.addAll(EARLY_KERNELS);
        if (given.stream().noneMatch(COLLECTOR.asMatchPredicate())) {
            command.addAll(SMALL_HEAP);
        }
        command.addAll(given);
        command.add("--add-modules=" + MODULE);
        command.add("-D" + MARK + "=true");
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(Main.class.getName());
        command.addAll(List.of(args));
        try {
            ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
            builder.environment().putAll(FileNames.environment());
            Process process = builder.start();
            // Where this process is ended, the one that works must not be left behind.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process)));
            return process.waitFor();
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Main.FAILURE;
        }
    }

    /** Ends the process and lets it finish its last words before this one is gone. */
    private static void end(Process process) {
        process.destroy();
        try {
            process.waitFor(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
