package org.rlr.bench;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Compares the working tree's attention kernels with those of a commit; {@code mvn -pl rlr-bench -Dguard[=BASE]} calls
 * it.
 */
@Command(
        name = "rlr-bench guard",
        mixinStandardHelpOptions = true,
        description = "Fails if the kernels of the working tree are slower than those of a commit, or allocate more.")
public final class Guard implements Callable<Integer> {
    /** One setting of each kernel on each grid of the published model. */
    private static final String ATTENTION = "^Attention.*images=4.*shape=(32|16)/";

    @Option(
            names = "--base",
            defaultValue = "HEAD",
            description = "the commit to compare with (default: HEAD, to check the working tree's changes)")
    private String base;

    @Option(
            names = "--bench",
            defaultValue = ATTENTION,
            description = "rows whose labels match this regular expression (default: ${DEFAULT-VALUE})")
    private String bench;

    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "pairs of JVMs for each row (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--threads", defaultValue = "0", description = "threads (default: 0, all cores)")
    private int threads;

    @Option(
            names = "--work",
            defaultValue = "target/guard",
            description = "a folder for the base's classes and the results")
    private Path work;

    public static void main(String[] args) {
        CommandLine line = new CommandLine(new Guard());
        line.setExecutionExceptionHandler((e, commandLine, parsed) -> {
            if (!(e instanceof IllegalStateException)) {
                throw e;
            }
            System.err.println(e.getMessage());
            return 2;
        });
        System.exit(line.execute(args));
    }

    /**
     * @param baseMs and changedMs fastest iteration of each JVM; the bytes are the least of all JVMs for a call, and
     *     how many of them may be JMH's
     */
    private record Verdict(
            String row,
            double[] baseMs,
            double[] changedMs,
            Slowdown slowdown,
            double baseBytes,
            double changedBytes,
            double doubt) {
        boolean slower() {
            return slowdown.certain();
        }

        boolean allocatesMore() {
            return changedBytes > baseBytes + doubt;
        }
    }

    @Override
    public Integer call() throws IOException, RunnerException {
        List<Cells.Row> rows = Cells.matching(
                bench.isEmpty() ? ATTENTION : bench, Cells.Extent.FULL, Map.of("threads", Integer.toString(threads)));
        if (rows.isEmpty() || rounds < 2) {
            System.err.println(
                    rounds < 2
                            ? "--rounds " + rounds + " is too few for a confidence interval; use 2 or more"
                            : "no benchmark's label contains '" + bench + "'");
            return 2;
        }
        String commit = base.isEmpty() || base.equals("true") ? "HEAD" : base;
        Variant before = Variant.ofClassPath(BaseClasses.classPath(commit, work.resolve("base")));
        JmhRuns runs = new JmhRuns(false, "", Path.of("peers"));
        List<Verdict> verdicts = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            System.out.printf("%d/%d %s%n", i + 1, rows.size(), rows.get(i).label());
            verdicts.add(compare(rows.get(i), runs, before, commit));
        }
        print(verdicts, commit);
        write(verdicts, commit);
        return verdicts.stream().anyMatch(v -> v.slower() || v.allocatesMore()) ? 1 : 0;
    }

    private Verdict compare(Cells.Row row, JmhRuns runs, Variant before, String commit) throws RunnerException {
        double[] baseMs = new double[rounds];
        double[] changedMs = new double[rounds];
        double baseBytes = Double.POSITIVE_INFINITY;
        double changedBytes = Double.POSITIVE_INFINITY;
        double doubt = 0;
        for (int round = 0; round < rounds; round++) {
            JmhRuns.Allocating first;
            try {
                first = runs.allocating(row, before);
            } catch (RunnerException e) {
                throw new IllegalStateException(
                        commit + " cannot run " + row.label() + ": " + JmhRuns.cause(e)
                                + "; if a method is missing, compare with a commit whose backend has it",
                        e);
            }
            JmhRuns.Allocating second = runs.allocating(row, Variant.PLAIN);
            baseMs[round] = first.fastestMs();
            changedMs[round] = second.fastestMs();
            baseBytes = Math.min(baseBytes, first.bytes());
            changedBytes = Math.min(changedBytes, second.bytes());
            doubt = Math.max(doubt, Math.max(first.doubt(), second.doubt()));
        }
        return new Verdict(
                row.label(), baseMs, changedMs, Slowdown.of(baseMs, changedMs), baseBytes, changedBytes, doubt);
    }

    private static void print(List<Verdict> verdicts, String commit) {
        int width = verdicts.stream().mapToInt(v -> v.row().length()).max().orElse(1);
        System.out.printf(
                Locale.ROOT,
                "%n%-" + width + "s %10s %10s %7s %15s %12s %12s%n",
                "",
                "base ms",
                "now ms",
                "ratio",
                "95 % interval",
                "base bytes",
                "now bytes");
        for (Verdict v : verdicts) {
            System.out.printf(
                    Locale.ROOT,
                    "%-" + width + "s %10.3f %10.3f %7.3f %7.3f-%7.3f %12.0f %12.0f %s%n",
                    v.row(),
                    Arrays.stream(v.baseMs()).min().orElseThrow(),
                    Arrays.stream(v.changedMs()).min().orElseThrow(),
                    v.slowdown().ratio(),
                    v.slowdown().lower(),
                    v.slowdown().upper(),
                    v.baseBytes(),
                    v.changedBytes(),
                    (v.slower() ? "SLOWER " : "") + (v.allocatesMore() ? "ALLOCATES MORE" : ""));
        }
        System.out.println("Base: " + commit + ". Slower: the whole 95 % interval of the ratio is above "
                + Slowdown.LIMIT + ". Bytes are for one call; the comparison allows for JMH's own.");
    }

    private void write(List<Verdict> verdicts, String commit) throws IOException {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("base", commit);
        document.put("java", Runtime.version().toString());
        document.put("rows", verdicts);
        Path file = work.resolve("guard.json");
        Files.writeString(file, new GsonBuilder().setPrettyPrinting().create().toJson(document));
        System.out.println("As JSON: " + file);
    }
}
