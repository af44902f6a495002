package org.rlr.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the benchmarks beside their peers and prints one table; {@code mvn -pl rlr-bench} calls it. */
@Command(
        name = "rlr-bench",
        mixinStandardHelpOptions = true,
        description = "Runs the benchmarks beside their peers and prints one table.")
public final class Main implements Callable<Integer> {
    @Option(
            names = "--bench",
            defaultValue = "",
            description =
                    "rows whose labels match this regular expression (default: those that take less than ten minutes "
                            + "in all)")
    private String bench;

    @Option(
            names = "--quick",
            arity = "1",
            defaultValue = "false",
            description = "one short iteration each, only to check that they run")
    private boolean quick;

    @Option(
            names = "--full",
            arity = "1",
            defaultValue = "false",
            description = "every setting and implementation, three JVMs for each")
    private boolean full;

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

    @Option(
            names = "--variants",
            split = ";",
            description = "more columns of ours, NAME=ARGUMENTS, a JVM's path or options or both: "
                    + "jdk25=/opt/jdk25/bin/java;avx2=-XX:UseAVX=2")
    private List<String> variants = List.of();

    @Option(names = "--peers", defaultValue = "peers", description = "the folder of the Python peers")
    private Path peers;

    @Option(names = "--json", description = "the file for the table as JSON")
    private @Nullable Path json;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public Integer call() throws IOException, RunnerException {
        Cells.Extent extent = full ? Cells.Extent.FULL : bench.isEmpty() ? Cells.Extent.USUAL : Cells.Extent.NAMED;
        List<Cells.Row> rows = Cells.matching(bench, extent, Map.of("threads", Integer.toString(threads)));
        rows.addAll(ColdStart.rows(bench, extent));
        if (rows.isEmpty()) {
            System.err.println("no benchmark's label contains '" + bench + "'; run with -Dquick to see them all");
            return 2;
        }
        Map<String, Variant> ours = new LinkedHashMap<>();
        ours.put(Cells.OURS, Variant.PLAIN);
        variants.stream()
                .filter(v -> !v.isBlank())
                .map(Variant::parse)
                .forEach(v -> ours.put(Cells.OURS + ":" + v.name(), v));
        Map<String, String> absent = Peers.absent(Cells.implementations(rows), python);
        rows.removeIf(row -> ColdStart.absence(row) != null && absent.put(row.label(), ColdStart.absence(row)) == null);
        ResultTable table = new ResultTable(absent);
        JmhRuns runs = new JmhRuns(quick, python, peers);
        table.peaks(runs.flopsPerSecond(threads), runs.bytesPerSecond(threads));
        try (ColdStart starts = new ColdStart(python, peers, threads)) {
            for (int i = 0; i < rows.size(); i++) {
                Cells.Row row = rows.get(i);
                System.out.printf("%d/%d %s%n", i + 1, rows.size(), row.label());
                int rounds = quick ? 1 : ColdStart.is(row) ? ColdStart.rounds(row) : full ? 3 : 1;
                // in turn, so that a change of the machine's speed affects all alike
                for (int round = 0; round < rounds; round++) {
                    for (String implementation : row.implementations()) {
                        if (implementation.equals(Cells.OURS)) {
                            for (Map.Entry<String, Variant> v : ours.entrySet()) {
                                table.add(row, v.getKey(), run(row, implementation, v.getValue(), runs, starts));
                            }
                        } else if (table.present(implementation)) {
                            runPeer(row, implementation, runs, starts, table);
                        }
                    }
                }
            }
        }
        table.peaks(runs.flopsPerSecond(threads), runs.bytesPerSecond(threads));
        System.out.println();
        System.out.print(table);
        if (extent == Cells.Extent.USUAL) {
            System.out.println("Omitted to save time: batches, most of attention on the small grid, wide_resnet50_2, "
                    + "Training.memory (-Dbench=REGEX)");
        }
        if (!full) {
            System.out.println("Omitted: " + Catalogue.PUBLISHED
                    + " (-Dpaired, -Dfull), torch-compiled and further settings (-Dfull)");
        }
        if (json != null) {
            table.write(json);
            System.out.println("As JSON, every iteration: " + json);
        }
        return table.complete() ? 0 : 1;
    }

    private static double[] run(Cells.Row row, String implementation, Variant variant, JmhRuns runs, ColdStart starts)
            throws RunnerException {
        return ColdStart.is(row)
                ? new double[] {starts.run(row, implementation, variant)}
                : runs.run(row, implementation, variant);
    }

    /**
     * Runs a peer. If it fails or computes something else, its cell stays empty and the run fails at the end, but other
     * rows continue.
     */
    private static void runPeer(
            Cells.Row row, String implementation, JmhRuns runs, ColdStart starts, ResultTable table) {
        try {
            table.add(row, implementation, run(row, implementation, Variant.PLAIN, runs, starts));
        } catch (RunnerException | IllegalStateException e) {
            table.failed(row, implementation, JmhRuns.cause(e));
        }
    }
}
