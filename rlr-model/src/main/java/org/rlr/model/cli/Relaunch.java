package org.rlr.model.cli;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.io.IoReason;

/**
 * Starts the program in a new JVM with the Vector API, an incubator module that only an option of the JVM can add, and
 * with a locale if it needs one.
 */
final class Relaunch {
    private static final String MODULE = "jdk.incubator.vector";
    /** System property of the new JVM: the ID of the process that started it. */
    private static final String LAUNCHER = "rlr.launcher";
    /** The first message of a JVM with an incubator module; it is hidden from users. */
    private static final String NOTICE = "WARNING: Using incubator modules: " + MODULE;

    private static final int LAST_WORDS_SECONDS = 10;
    private static final Set<String> CLASS_PATH = Set.of("-cp", "-classpath", "--class-path");
    /** JVM options whose value may be a separate word. */
    private static final Set<String> TWO_WORDS = Set.of(
            "--module-path",
            "--upgrade-module-path",
            "--add-modules",
            "--add-exports",
            "--add-opens",
            "--add-reads",
            "--limit-modules",
            "--patch-module",
            "--enable-native-access");

    private static final Pattern COLLECTOR = Pattern.compile("-XX:\\+Use\\w*GC");
    /**
     * Vector loops are compiled after a twentieth of the usual number of calls: until C2 compiles them, each vector is
     * an object, and the loops are hundreds of times slower.
     */
    static final List<String> EARLY_KERNELS = List.of(
            "-XX:+IgnoreUnrecognizedVMOptions",
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=CompileThresholdScaling,org.rlr.tensor.cpu.Vector*::*,0.05");

    /**
     * Tensors are reused, so there is little garbage; the serial collector takes half the memory of the default, and
     * less with a small young generation.
     */
    static final List<String> SMALL_HEAP = List.of("-XX:+UseSerialGC", "-XX:MaxNewSize=64m");

    /**
     * The smallest heap for the young generation of {@link #SMALL_HEAP}; in a smaller heap each collection would be a
     * full one.
     */
    private static final long LEAST_FOR_SMALL_HEAP = 192L << 20;

    private Relaunch() {}

    /** Runs the program in a new JVM and returns its exit code; null if that is not needed or not possible. */
    static @Nullable Integer again(String[] args) {
        boolean vectors = ModuleFinder.ofSystem().find(MODULE).isPresent();
        boolean lost = FileNames.unreadableFolder();
        if (System.getProperty(LAUNCHER) != null
                || (!lost && (!vectors || ModuleLayer.boot().findModule(MODULE).isPresent()))) {
            return null;
        }
        Path java = Path.of(System.getProperty("java.home"), "bin", File.separatorChar == '\\' ? "java.exe" : "java");
        if (!Files.isExecutable(java)) {
            return null;
        }
        List<String> command = new ArrayList<>();
        command.add(java.toString());
        // Java 17 has no management beans in a folder whose name it cannot decode
        List<String> given = lost
                ? jvmOptions(ProcessHandle.current().info().arguments().orElse(new String[0]))
                : ManagementFactory.getRuntimeMXBean().getInputArguments();
        command.addAll(EARLY_KERNELS);
        if (given.stream().noneMatch(COLLECTOR.asMatchPredicate())) {
            command.addAll(
                    Runtime.getRuntime().maxMemory() < LEAST_FOR_SMALL_HEAP ? SMALL_HEAP.subList(0, 1) : SMALL_HEAP);
        }
        command.addAll(given);
        if (vectors) {
            command.add("--add-modules=" + MODULE);
        }
        command.add("-D" + LAUNCHER + "=" + ProcessHandle.current().pid());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(Main.class.getName());
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO().redirectError(ProcessBuilder.Redirect.PIPE);
        builder.environment().putAll(FileNames.environment());
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return null;
        }
        // if this process ends, the process that does the work must end too
        boolean serves = args.length > 0 && args[0].equals("serve");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process, serves)));
        if (serves) {
            Signals.onHangUp(() -> hangUp(process));
        }
        try {
            copyOrDrop(process.getErrorStream());
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Main.FAILURE;
        }
    }

    /** Returns the options of a JVM's command line, without the class path and the program. */
    static List<String> jvmOptions(String... words) {
        List<String> options = new ArrayList<>();
        for (int i = 0; i < words.length && words[i].startsWith("-") && !words[i].equals("-jar"); i++) {
            boolean what = CLASS_PATH.contains(words[i]);
            boolean two = what || TWO_WORDS.contains(words[i]);
            if (!what) {
                options.add(two && i + 1 < words.length ? words[i] + "=" + words[i + 1] : words[i]);
            }
            i += two ? 1 : 0;
        }
        return options;
    }

    /** Copies the errors, or drops them if standard error is closed, as a single process would do. */
    private static void copyOrDrop(InputStream errors) {
        try {
            copyErrors(errors, new FileOutputStream(FileDescriptor.err));
        } catch (IOException closed) {
            try {
                errors.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // the process has ended
            }
        }
    }

    /**
     * Ends the process and waits for its last messages.
     *
     * @param serves whether it is a service, which limits its own shutdown time
     */
    private static void end(Process process, boolean serves) {
        process.destroy();
        try {
            process.waitFor(serves ? Long.MAX_VALUE : LAST_WORDS_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Forwards SIGHUP through a shell: Java itself can only end other processes. */
    private static void hangUp(Process process) {
        try {
            new ProcessBuilder("sh", "-c", "kill -HUP " + process.pid())
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (IOException e) {
            Main.error(Main.standardError(), "cannot forward SIGHUP: " + IoReason.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Copies the standard error of a new JVM as it arrives, without the notice at its start. */
    static void copyErrors(InputStream from, OutputStream to) throws IOException {
        byte[] buffer = new byte[8192];
        byte[] notice = NOTICE.getBytes(StandardCharsets.US_ASCII);
        int held = 0;
        boolean first = true;
        for (int read = from.read(buffer); read > 0; read = from.read(buffer, held, buffer.length - held)) {
            held += read;
            if (first) {
                boolean whole = held > notice.length && (buffer[notice.length] != '\r' || held > notice.length + 1);
                if (begins(buffer, held, notice) && !whole) {
                    continue;
                }
                first = false;
                if (held > notice.length && begins(buffer, notice.length, notice)) {
                    int line = notice.length + (buffer[notice.length] == '\r' ? 2 : 1);
                    held -= line;
                    System.arraycopy(buffer, line, buffer, 0, held);
                }
            }
            to.write(buffer, 0, held);
            held = 0;
        }
        to.write(buffer, 0, held);
    }

    /** Returns whether bytes are the beginning of a text, or begin with it. */
    private static boolean begins(byte[] bytes, int count, byte[] text) {
        int length = Math.min(count, text.length);
        return Arrays.equals(bytes, 0, length, text, 0, length);
    }

    /** Ends this JVM when the process that started it ends, as after {@code kill -9}. */
    static void endWithLauncher() {
        Long launcher = Long.getLong(LAUNCHER);
        if (launcher != null) {
            ProcessHandle.of(launcher)
                    .map(ProcessHandle::onExit)
                    .orElseGet(() -> CompletableFuture.completedFuture(null))
                    .thenRun(() -> System.exit(Main.FAILURE))
                    .exceptionally(e -> null); // System.exit does not return
        }
    }
}
