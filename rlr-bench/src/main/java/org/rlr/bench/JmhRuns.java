package org.rlr.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs single cells of the table with JMH, each in its own JVM. */
final class JmhRuns {
    private final boolean quick;
    private final String python;
    private final Path peers;

    JmhRuns(boolean quick, String python, Path peers) {
        this.quick = quick;
        this.python = python;
        this.peers = peers;
    }

    /** Returns the milliseconds of each iteration. @throws RunnerException if the benchmark failed */
    double[] run(Cells.Row row, String implementation, Variant variant) throws RunnerException {
        ChainedOptionsBuilder options = options(row.jmhName(), variant);
        row.params().forEach(options::param);
        if (row.hasPeers()) {
            options.param(Cells.IMPLEMENTATION, implementation);
        }
        if (!implementation.equals(Cells.OURS)) {
            options.warmupIterations(1); // a peer's code is not compiled while it runs
        }
        return iterations(options, variant);
    }

    /** The bytes that JMH itself allocates in an iteration. */
    private static final double JMH_BYTES = 8192;

    /**
     * @param bytes the bytes that a call allocates
     * @param doubt how many of them may be JMH's own: {@link #JMH_BYTES} divided by the calls of an iteration
     */
    record Allocating(double fastestMs, double bytes, double doubt) {}

    /** Runs our side with JMH's allocation profiler. @throws RunnerException if the benchmark failed */
    Allocating allocating(Cells.Row row, Variant variant) throws RunnerException {
        ChainedOptionsBuilder options = options(row.jmhName(), variant).addProfiler(GCProfiler.class);
        row.params().forEach(options::param);
        if (row.hasPeers()) {
            options.param(Cells.IMPLEMENTATION, Cells.OURS);
        }
        double ms = Double.POSITIVE_INFINITY;
        double bytes = Double.POSITIVE_INFINITY;
        double doubt = 0;
        for (IterationResult i : results(options, variant)) {
            ms = Math.min(ms, i.getPrimaryResult().getScore());
            Result<?> allocated = i.getSecondaryResults().get("gc.alloc.rate.norm");
            if (allocated == null) {
                throw new IllegalStateException("JMH's profiler reports no allocation for " + row.label());
            }
            bytes = Math.min(bytes, allocated.getScore());
            double calls = Math.max(
                    1,
                    i.getParams().getTime().convertTo(TimeUnit.MILLISECONDS)
                            / i.getPrimaryResult().getScore());
            doubt = Math.max(doubt, JMH_BYTES / calls);
        }
        return new Allocating(ms, bytes, doubt);
    }

    /** The message of a failed benchmark. */
    static String cause(Exception e) {
        Throwable cause = e;
        while (cause.getCause() != null || cause.getSuppressed().length > 0) {
            cause = cause.getCause() != null ? cause.getCause() : cause.getSuppressed()[0];
        }
        String message = cause.getMessage();
        return cause instanceof LinkageError || message == null ? cause.toString() : message;
    }

    /** The single-precision operations per second on all threads at once. */
    double flopsPerSecond(int threads) throws RunnerException {
        return peak("fma", threads, PeakBenchmark.flops());
    }

    /** The bytes per second read and written on all threads at once. */
    double bytesPerSecond(int threads) throws RunnerException {
        return peak("copy", threads, PeakBenchmark.bytes());
    }

    private double peak(String method, int threads, double amount) throws RunnerException {
        int used = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        double fastest = Double.POSITIVE_INFINITY;
        for (double ms : iterations(
                options(PeakBenchmark.class.getName() + "." + method, Variant.PLAIN)
                        .threads(used),
                Variant.PLAIN)) {
            fastest = Math.min(fastest, ms);
        }
        return used * amount / fastest * 1e3;
    }

    private ChainedOptionsBuilder options(String jmhName, Variant variant) {
        List<String> arguments = new ArrayList<>(List.of(
                "--add-modules=jdk.incubator.vector",
                "-Xmx4g",
                "-D" + TorchPeer.PYTHON + "=" + python,
                "-D" + TorchPeer.PEERS + "=" + peers.toAbsolutePath()));
        arguments.addAll(variant.arguments());
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + jmhName.replace(".", "\\.") + "$")
                .verbosity(VerboseMode.SILENT)
                .shouldFailOnError(true)
                .jvmArgsAppend(arguments.toArray(new String[0]))
                .forks(1);
        if (variant.java() != null) {
            options.jvm(variant.java());
        }
        if (quick) {
            options.warmupIterations(1)
                    .warmupTime(TimeValue.milliseconds(10))
                    .measurementIterations(1)
                    .measurementTime(TimeValue.milliseconds(10));
        }
        return options;
    }

    private static double[] iterations(ChainedOptionsBuilder options, Variant variant) throws RunnerException {
        return results(options, variant).stream()
                .mapToDouble(i -> i.getPrimaryResult().getScore())
                .toArray();
    }

    /** Runs with the class path in this property, which JMH gives to its forks. */
    private static List<IterationResult> results(ChainedOptionsBuilder options, Variant variant)
            throws RunnerException {
        String own = System.getProperty("java.class.path");
        System.setProperty(
                "jmh.ignoreLock",
                "true"); // the caller decides whether another JMH may run at the same time: tests must pass beside one
        try {
            if (variant.classPath() != null) {
                System.setProperty("java.class.path", variant.classPath());
            }
            return new Runner(options.build())
                    .run().stream()
                            .flatMap(r -> r.getBenchmarkResults().stream())
                            .flatMap(b -> b.getIterationResults().stream())
                            .toList();
        } finally {
            System.setProperty("java.class.path", own);
        }
    }
}
