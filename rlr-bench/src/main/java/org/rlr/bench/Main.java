package org.rlr.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.concurrent.Callable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the benchmarks and prints one table; {@code mvn -pl rlr-bench} calls it. */
@Command(name = "rlr-bench", mixinStandardHelpOptions = true, description = "Runs the benchmarks and prints one table.")
public final class Main implements Callable<Integer> {
    @Option(names = "--bench", defaultValue = ".*", description = "which benchmarks: a regular expression on Class.method (default: all)")
    private String bench;

    @Option(names = "--quick", arity = "1", defaultValue = "false", description = "one short iteration each: whether they run, not how fast")
    private boolean quick;

    @Option(names = "--full", arity = "1", defaultValue = "false", description = "three JVMs for each instead of one")
    private boolean full;

    @Option(names = "--threads", defaultValue = "0", description = "threads of every implementation that can choose (default: 0, all cores)")
    private int threads;

    @Option(names = "--json", description = "where JMH's own results go")
    private Path json;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public Integer call() throws IOException, RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder().include(bench).param("threads", Integer.toString(threads)).verbosity(VerboseMode.NORMAL)
                .shouldFailOnError(true);
        if (quick) {
            options.warmupIterations(1).warmupTime(TimeValue.milliseconds(10)).measurementIterations(1).measurementTime(TimeValue.milliseconds(10));
        } else if (full) {
            options.forks(3);
        }
        if (json != null) {
            Files.createDirectories(json.toAbsolutePath().getParent());
            options.resultFormat(ResultFormatType.JSON).result(json.toString());
        }
        Collection<RunResult> results = new Runner(options.build()).run();
        System.out.println();
        System.out.print(ResultTable.of(results));
        System.out.println("Milliseconds of the fastest iteration: other work on the machine only ever adds. Java " + Runtime.version());
        if (json != null) {
            System.out.println("JMH's own figures: " + json);
        }
        return 0;
    }
}
