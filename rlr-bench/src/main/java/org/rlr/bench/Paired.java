package org.rlr.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures ratios on a machine whose speed changes: calls ours and the peers of each row in turn; {@code mvn -pl
 * rlr-bench -Dpaired} calls it.
 */
@Command(
        name = "rlr-bench-paired",
        mixinStandardHelpOptions = true,
        description = "Calls ours and the peers of each row in turn and prints the ratios.")
public final class Paired implements Callable<Integer> {
    @Option(
            names = "--bench",
            defaultValue = "",
            description = "rows whose labels match this regular expression (default: all)")
    private String bench;

    @Option(names = "--rounds", defaultValue = "11", description = "calls of each (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--threads",
            defaultValue = "0",
            description = "threads of each implementation with this setting (default: 0, all cores)")
    private int threads;

    @Option(
            names = "--python",
            defaultValue = "python3",
            description = "a Python with torch and timm, for those peers (default: ${DEFAULT-VALUE})")
    private String python;

    @Option(names = "--peers", defaultValue = "peers", description = "the folder of the Python peers")
    private Path peers;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Paired()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Cells.Row> rows =
                Cells.matching(bench, Cells.Extent.BOTH_STYLES, Map.of("threads", Integer.toString(threads)));
        rows.removeIf(row -> !row.hasPeers());
        Map<String, String> absent = Peers.absent(Cells.implementations(rows), python);
        System.out.printf(
                Locale.ROOT,
                "%-62s %-16s %10s %10s %8s %17s%n",
                "milliseconds, " + rounds + " rounds",
                "peer",
                "rlr",
                "peer",
                "ratio",
                "middle half");
        boolean complete = true;
        for (Cells.Row row : rows) {
            List<String> present = row.implementations().stream()
                    .filter(i -> i.equals(Cells.OURS) || !absent.containsKey(i))
                    .toList();
            double[][] times = run(row, present);
            complete &= times != null;
            for (int i = 1; times != null && i < present.size(); i++) {
                System.out.println(line(row, present.get(i), times[0], times[i]));
            }
        }
        absent.forEach((name, why) -> System.out.println("Absent: " + name + ": " + why));
        System.out.printf(
                "Ratio: median over the rounds of our time to theirs, below 1 ours is faster; times are medians. Java "
                        + "%s, %d cores%n",
                Runtime.version(), Runtime.getRuntime().availableProcessors());
        return complete ? 0 : 1;
    }

    private static String line(Cells.Row row, String peer, double[] ours, double[] theirs) {
        double[] ratios = new double[ours.length];
        Arrays.setAll(ratios, i -> ours[i] / theirs[i]);
        return String.format(
                Locale.ROOT,
                "%-62s %-16s %10.2f %10.2f %8.3f %8.3f-%8.3f",
                row.label(),
                peer,
                quantile(ours, 0.5),
                quantile(theirs, 0.5),
                quantile(ratios, 0.5),
                quantile(ratios, 0.25),
                quantile(ratios, 0.75));
    }

    private static double quantile(double[] values, double q) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.round(q * (sorted.length - 1))];
    }

    /**
     * Returns the milliseconds by implementation and round; prints the process's output to standard error if it failed.
     *
     * @return null if it failed
     */
    private double @Nullable [][] run(Cells.Row row, List<String> implementations)
            throws IOException, InterruptedException {
        int dot = row.jmhName().lastIndexOf('.');
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-Xmx4g",
                "-D" + TorchPeer.PYTHON + "=" + python,
                "-D" + TorchPeer.PEERS + "=" + peers.toAbsolutePath(),
                "-cp",
                System.getProperty("java.class.path"),
                PairedProcess.class.getName(),
                row.jmhName().substring(0, dot),
                row.jmhName().substring(dot + 1),
                Integer.toString(rounds),
                String.join(",", implementations)));
        row.params().forEach((name, value) -> command.add(name + "=" + value));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var out = process.inputReader(StandardCharsets.UTF_8)) {
            List<String> lines =
                    out.lines().filter(line -> line.startsWith("ms ")).toList();
            return process.waitFor() == 0 && lines.size() == implementations.size()
                    ? lines.stream()
                            .map(line -> Arrays.stream(line.substring(3).split(" ", -1))
                                    .mapToDouble(Double::parseDouble)
                                    .toArray())
                            .toArray(double[][]::new)
                    : null;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
