package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlr.model.TestFolders;

/**
 * Commands are killed at random moments, half of them while writing. Each output file is then complete, old or new; the
 * next run of the command, for a training from its checkpoint, gives the same result as an uninterrupted one; no
 * temporary files remain. {@code -Pfuzz} kills {@code rlr.fuzz.kills} times.
 */
class KillTest {
    private static final String BACKBONE = "tf_efficientnet_lite0";
    private static final long SEED = Long.getLong("rlr.fuzz.seed", 1);
    private static final int KILLS = Integer.getInteger("rlr.fuzz.kills", 300);
    private static final String CHECKPOINT = "state.checkpoint";
    private static final String METRICS = "metrics.csv";
    private static final String OLD = "old";

    @TempDir
    private static Path home;

    private static Path weights;
    private static Path network;
    private static Path exported;
    private static Path validated;

    private final Map<Command, Reference> references = new EnumMap<>(Command.class);

    /** An uninterrupted command: its output files and its time. */
    private record Reference(Map<String, byte[]> files, long nanoseconds) {}

    private enum Command {
        TRAIN,
        DETECT,
        EVALUATE,
        SYNTHESIZE,
        THRESHOLD,
        DECODER,
        EXPORT,
        IMPORT,
        WEIGHTS;

        List<Object> arguments(Path out) {
            return switch (this) {
                case TRAIN -> {
                    List<Object> args = new ArrayList<>(Arrays.asList(TinyModel.train(
                            TinyModel.data().resolve("fabric"),
                            out.resolve("model.safetensors"),
                            "--checkpoint-every",
                            "1",
                            "--checkpoint",
                            out.resolve(CHECKPOINT),
                            "--metrics",
                            out.resolve(METRICS))));
                    args.set(args.indexOf("--epochs") + 1, 4);
                    yield args;
                }
                case DETECT ->
                    List.of(
                            "detect",
                            "--model",
                            TinyModel.model(),
                            TinyModel.images().get(0).getParent(),
                            "--out",
                            out.resolve("pictures"),
                            "--json",
                            out.resolve("found.json"));
                case EVALUATE ->
                    List.of(
                            "evaluate",
                            "--model",
                            TinyModel.model(),
                            "--data",
                            TinyModel.data().resolve("fabric"),
                            "--out",
                            out.resolve("pictures"),
                            "--json",
                            out.resolve("metrics.json"),
                            "--report",
                            out.resolve("report.html"));
                case SYNTHESIZE ->
                    List.of(
                            "data",
                            "synthesize",
                            "--data",
                            TinyModel.data(),
                            "--model",
                            validated,
                            "--per-image",
                            "3",
                            "--out",
                            out.resolve("set"));
                case THRESHOLD ->
                    List.of(
                            "threshold",
                            "--model",
                            out.resolve("model.safetensors"),
                            "--normal",
                            TinyModel.data().resolve("fabric/test/good"),
                            "--false-alarm-rate",
                            "0.5");
                case DECODER ->
                    List.of(
                            "decoder",
                            "train",
                            "--model",
                            TinyModel.model(),
                            "--data",
                            TinyModel.data().resolve("fabric"),
                            "--batch-size",
                            "2",
                            "--epochs",
                            "1",
                            "--checkpoint-every",
                            "1",
                            "--checkpoint",
                            out.resolve(CHECKPOINT),
                            "--out",
                            out.resolve("decoder.safetensors"));
                case EXPORT ->
                    List.of(
                            "export",
                            network,
                            "--out",
                            out.resolve("model.pth"),
                            "--safetensors",
                            out.resolve("levels"));
                case IMPORT ->
                    List.of(
                            "import",
                            exported,
                            "--out",
                            out.resolve("model.safetensors"),
                            "--backbone",
                            BACKBONE,
                            "--weights",
                            weights,
                            "--threshold",
                            "0.5",
                            "--image-size",
                            "64");
                case WEIGHTS ->
                    List.of("weights", "add", weights, "--name", BACKBONE, "--weights-cache", out.resolve("cache"));
            };
        }

        /** The files that exist before the command and that it replaces. */
        void prepare(Path out) throws IOException {
            Files.createDirectories(out);
            switch (this) {
                case TRAIN, IMPORT -> Files.writeString(out.resolve("model.safetensors"), OLD);
                case DETECT -> Files.writeString(out.resolve("found.json"), OLD);
                case EVALUATE -> Files.writeString(out.resolve("metrics.json"), OLD);
                case THRESHOLD -> Files.copy(TinyModel.model(), out.resolve("model.safetensors"));
                case DECODER -> Files.writeString(out.resolve("decoder.safetensors"), OLD);
                case EXPORT -> Files.writeString(out.resolve("model.pth"), OLD);
                case SYNTHESIZE, WEIGHTS -> {}
            }
        }

        /** The run after a killed one. */
        List<Object> next(Path out) {
            List<Object> args = new ArrayList<>(arguments(out));
            if ((this == TRAIN || this == DECODER) && Files.exists(out.resolve(CHECKPOINT))) {
                args.addAll(List.of("--resume", out.resolve(CHECKPOINT)));
            }
            return args;
        }
    }

    @BeforeAll
    static void models() {
        weights = home.resolve("weights.safetensors");
        BackboneFile.write(BACKBONE, weights);
        network = home.resolve("network.safetensors");
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), network, "--backbone", BACKBONE, "--weights", weights));
        exported = home.resolve("network.pth");
        CommandRun.succeeding("export", network, "--out", exported);
        validated = home.resolve("validated.safetensors");
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), validated, "--validation", "0.5"));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DECODER") // its network is large
    void aCommandIsKilled(Command command) throws IOException, InterruptedException {
        kill(command, new SplittableRandom(SEED + command.ordinal()), command.ordinal() % 2 == 0);
    }

    @Tag("long")
    @Test
    void allCommandsAreKilledManyTimes() throws IOException, InterruptedException {
        SplittableRandom random = new SplittableRandom(SEED);
        Map<Command, Integer> killed = new EnumMap<>(Command.class);
        for (int kills = 0; kills < KILLS; ) {
            Command command = Command.values()[random.nextInt(Command.values().length)];
            if (kill(command, random, random.nextBoolean())) {
                kills++;
                killed.merge(command, 1, Integer::sum);
                if (kills % 50 == 0 || kills == KILLS) {
                    System.out.println(kills + " kills: " + killed);
                }
            }
        }
    }

    /** Returns whether the command was still running. */
    private boolean kill(Command command, SplittableRandom random, boolean asItWrites)
            throws IOException, InterruptedException {
        Reference alone = references.get(command);
        if (alone == null) {
            Path out = home.resolve(command + "-alone");
            command.prepare(out);
            long start = System.nanoTime();
            run(command.arguments(out));
            alone = new Reference(files(out), System.nanoTime() - start);
            references.put(command, alone);
        }
        Path out = home.resolve(command.name());
        command.prepare(out);
        Process process = new ProcessBuilder(line(command.arguments(out)))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        Map<String, Long> before = sizes(out);
        long start = System.nanoTime();
        long moment = (long) (random.nextDouble() * alone.nanoseconds);
        if (asItWrites) {
            while (process.isAlive() && sizes(out).equals(before)) {
                LockSupport.parkNanos(200_000);
            }
            start = System.nanoTime();
            moment = random.nextInt(20) * 1_000_000L;
        }
        boolean ended = process.waitFor(moment - (System.nanoTime() - start), TimeUnit.NANOSECONDS);
        process.destroyForcibly();
        boolean killed = process.waitFor() != 0 && !ended;
        String what = command + " killed after " + (System.nanoTime() - start) / 1_000_000 + " ms"
                + (asItWrites ? " of writing" : "");
        assertWhole(command, out, alone, what);
        deleteSet(command, out);
        run(command.next(out));
        Map<String, byte[]> now = files(out);
        assertEquals(alone.files.keySet(), now.keySet(), what);
        for (String name : now.keySet()) {
            if (name.equals(METRICS)) {
                assertEquals(
                        Metrics.read(home.resolve(command + "-alone").resolve(name))
                                .timeless(),
                        Metrics.read(out.resolve(name)).timeless(),
                        what);
            } else {
                assertTrue(Arrays.equals(alone.files.get(name), now.get(name)), what + ": " + name + " is another");
            }
        }
        TestFolders.delete(out);
        return killed;
    }

    /** Checks that visible files are old or new and checkpoints can be read; hidden files are ignored. */
    private static void assertWhole(Command command, Path out, Reference alone, String what) throws IOException {
        Map<String, byte[]> old = new TreeMap<>();
        Path untouched = home.resolve("untouched");
        command.prepare(untouched);
        old.putAll(files(untouched));
        TestFolders.delete(untouched);
        for (Map.Entry<String, byte[]> file : files(out).entrySet()) {
            String name = file.getKey();
            if (hidden(name) || name.equals(METRICS)) {
                continue;
            }
            if (name.equals(CHECKPOINT)) {
                assertTrue(KilledTraining.epochs(out.resolve(name)) >= 1, what);
                continue;
            }
            assertTrue(
                    Arrays.equals(file.getValue(), old.get(name))
                            || Arrays.equals(file.getValue(), alone.files.get(name)),
                    what + ": " + name + " of " + file.getValue().length + " bytes is neither old nor new");
        }
    }

    private static boolean hidden(String name) {
        return Stream.of(name.split("/")).anyMatch(part -> part.startsWith("."));
    }

    /** A data set is written completely or not at all, and never over another. */
    private static void deleteSet(Command command, Path out) throws IOException {
        Path set = out.resolve("set");
        if (command == Command.SYNTHESIZE && Files.exists(set)) {
            assertEquals(
                    files(home.resolve(command + "-alone").resolve("set")).keySet(),
                    files(set).keySet());
            TestFolders.delete(set);
        }
    }

    /** A decoder needs much computation for kernels that start fast. */
    private static List<String> line(List<Object> arguments) {
        return CommandRun.commandLine(
                arguments.contains("decoder")
                        ? List.of("-XX:TieredStopAtLevel=4", "-Drlr.cpu.kernels=auto")
                        : List.of(),
                arguments.toArray());
    }

    private static void run(List<Object> arguments) throws IOException, InterruptedException {
        Path logs = Files.createTempDirectory(home, "logs");
        CommandRun run = CommandRun.process(logs, line(arguments));
        assertEquals(0, run.code(), () -> String.format(Locale.ROOT, "%s: %s", arguments, run.err()));
        TestFolders.delete(logs);
    }

    private static Map<String, byte[]> files(Path folder) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(folder.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }

    /** Returns the content of a folder while another process writes to it. */
    private static Map<String, Long> sizes(Path folder) {
        Map<String, Long> sizes = new TreeMap<>();
        java.io.File[] entries = folder.toFile().listFiles();
        for (java.io.File entry : entries == null ? new java.io.File[0] : entries) {
            if (!entry.getName().endsWith(".lock")) {
                sizes.put(entry.getName(), entry.length());
            }
        }
        return sizes;
    }
}
