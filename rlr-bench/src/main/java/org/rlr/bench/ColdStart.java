package org.rlr.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Measurements that need a separate process. Two rows score one image with a program started for it: the time from
 * start to printed score, and the peak memory. RLR runs by its command line, as users call it (a JVM that starts
 * another with the Vector API), the peer in a new Python process. A third row is the peak memory of a process that
 * trains both levels, {@link TrainingProcess} in a JVM with the command line's options. An uncounted start comes first,
 * so files are in the system's cache.
 */
final class ColdStart implements AutoCloseable {
    static final String TIME = "ColdStart.detect";
    static final String MEMORY = "ColdStart.memory";
    static final String TRAINING_MEMORY = "Training.memory";
    private static final List<String> NAMES = List.of(TIME, MEMORY, TRAINING_MEMORY);
    private static final String BEST = "torch-best";
    private static final Path PROC = Path.of("/proc");
    private static final long BETWEEN_LOOKS_MS = 5;
    private static final long END_SECONDS = 20;

    private final String python;
    private final Path peers;
    private final int threads;
    private @Nullable DetectFiles files;
    private final Set<List<String>> started = new HashSet<>();
    private final Map<Boolean, float[]> ourNumbers = new HashMap<>();

    /** @param threads threads of each process; 0 for all cores */
    ColdStart(String python, Path peers, int threads) {
        this.python = python;
        this.peers = peers;
        this.threads = threads;
    }

    /** The rows whose label matches a regular expression. */
    static List<Cells.Row> rows(String regex, Cells.Extent extent) {
        List<String> both = List.of(Cells.OURS, BEST);
        List<String> training = extent == Cells.Extent.FULL ? List.of(Cells.OURS, BEST, Catalogue.PUBLISHED) : both;
        return NAMES.stream()
                .filter(name -> extent != Cells.Extent.USUAL || !name.equals(TRAINING_MEMORY))
                .map(name -> new Cells.Row(name, name, Map.of(), true, name.equals(TRAINING_MEMORY) ? training : both))
                .filter(row -> Pattern.compile(regex).matcher(row.label()).find())
                .toList();
    }

    /** The number of starts of each program, in turn; memory varies little. */
    static int rounds(Cells.Row row) {
        return memory(row) ? 1 : 3;
    }

    /** Whether a row belongs to this class. */
    static boolean is(Cells.Row row) {
        return NAMES.contains(row.benchmark());
    }

    /** The reason why a row cannot be measured here, or null. */
    static @Nullable String absence(Cells.Row row) {
        return memory(row) && !Files.isReadable(PROC.resolve("self/status"))
                ? "this system has no /proc to read a process's peak memory from"
                : null;
    }

    private static boolean memory(Cells.Row row) {
        return !row.benchmark().equals(TIME);
    }

    /**
     * Starts the program again, and returns milliseconds or MiB. @throws IllegalStateException with its output if it
     * gives no score
     */
    double run(Cells.Row row, String implementation, Variant variant) {
        boolean training = row.benchmark().equals(TRAINING_MEMORY);
        List<String> command =
                implementation.equals(Cells.OURS) ? ours(variant, training) : peer(implementation, training);
        try {
            if (started.add(command) && !training) {
                measure(command, implementation, false, false);
            }
            return measure(command, implementation, memory(row), training);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private DetectFiles files() {
        if (files == null) {
            files = new DetectFiles();
        }
        return files;
    }

    private List<String> ours(Variant variant, boolean training) {
        List<String> command = new ArrayList<>();
        command.add(
                variant.java() == null
                        ? Path.of(System.getProperty("java.home"), "bin", "java")
                                .toString()
                        : variant.java());
        command.addAll(variant.arguments());
        if (training) {
            command.addAll(List.of(
                    "--add-modules=jdk.incubator.vector",
                    "-XX:+UseSerialGC",
                    "-XX:MaxNewSize=64m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    TrainingProcess.class.getName(),
                    files().model().toString(),
                    files().image().toString(),
                    Integer.toString(threads)));
            return command;
        }
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                "org.rlr.model.cli.Main",
                "detect",
                "--backend",
                "cpu",
                "--threads",
                Integer.toString(threads),
                "--model",
                files().model().toString(),
                files().image().toString()));
        return command;
    }

    private List<String> peer(String implementation, boolean training) {
        if (training) {
            return List.of(
                    python,
                    peers.resolve("train_torch.py").toString(),
                    files().model().toString(),
                    files().image().toString(),
                    implementation.substring("torch-".length()),
                    Integer.toString(TrainingProcess.BATCH),
                    Integer.toString(TrainingProcess.STEPS),
                    Integer.toString(threads));
        }
        return List.of(
                python,
                peers.resolve("detect_torch.py").toString(),
                files().model().toString(),
                files().image().toString(),
                Integer.toString(threads));
    }

    private double measure(List<String> command, String implementation, boolean memory, boolean training)
            throws IOException, InterruptedException {
        Path words = Files.createTempFile("rlr-bench", ".txt");
        long start = System.nanoTime();
        Process process =
                new ProcessBuilder(command).redirectError(words.toFile()).start();
        Map<Long, Long> peaks = new HashMap<>();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            while (memory && !out.ready() && process.isAlive()) {
                look(process, peaks);
                Thread.sleep(BETWEEN_LOOKS_MS);
            }
            String line = out.readLine();
            while (line != null && !line.startsWith(files().image() + "\t")) {
                line = out.readLine(); // a message of a library
            }
            double milliseconds = (System.nanoTime() - start) / 1e6;
            if (memory) {
                look(process, peaks);
            }
            if (line == null) {
                process.waitFor(END_SECONDS, TimeUnit.SECONDS);
                throw new IllegalStateException(String.join(" ", command) + " printed no score: "
                        + Files.readString(words).strip());
            }
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(String.join(" ", command) + " did not end in time");
            }
            compare(implementation, training, new float[] {Float.parseFloat(line.split("\t", -1)[1])});
            return memory ? peaks.values().stream().mapToLong(Long::longValue).sum() / 1024.0 : milliseconds;
        } finally {
            process.destroyForcibly();
            Files.delete(words);
        }
    }

    /** Compares results: a program that computes something else must not be timed. Ours always comes first. */
    private void compare(String implementation, boolean training, float[] number) {
        Contender.requireSame(
                implementation + (training ? " loss" : " image score"),
                ourNumbers.computeIfAbsent(training, key -> number),
                number,
                DetectBenchmark.TOLERANCE);
    }

    /**
     * Updates the peak resident memory, in KiB, of the process and those that it started. The sum of the peaks is an
     * upper bound: they may come at different times and share pages.
     */
    private static void look(Process process, Map<Long, Long> peaks) {
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).forEach(p -> {
            try (Stream<String> status = Files.lines(PROC.resolve(p.pid() + "/status"))) {
                status.filter(s -> s.startsWith("VmHWM:"))
                        .findFirst()
                        .ifPresent(s -> peaks.merge(p.pid(), Long.parseLong(s.replaceAll("\\D", "")), Math::max));
            } catch (IOException | UncheckedIOException e) {
                // the process has ended; its last value counts
            }
        });
    }

    @Override
    public void close() {
        if (files != null) {
            files.close();
        }
    }
}
