package org.rlr.bench;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.View;

/** The steps of a layer between the matrix products and the attentions, on eight images of 32² tokens and width 256. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 6, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class StepBenchmark {
    static final int ROWS = 8192;
    static final int WIDTH = 256;
    static final int HIDDEN = 1024;

    @Param({"rlr", "torch"})
    public String impl;

    /** The number of threads; 0 for all cores. */
    @Param("0")
    public int threads;

    private Contender contender;

    @Setup(Level.Trial)
    public void start(BenchmarkParams params) {
        String method = params.getBenchmark().substring(params.getBenchmark().lastIndexOf('.') + 1);
        Map<String, Operand> given = switch (method) {
            case "linearGelu" ->
                Map.of(
                        "x",
                        Operands.random(1, ROWS, WIDTH),
                        "w",
                        Operands.random(2, HIDDEN, WIDTH),
                        "b",
                        Operands.random(3, HIDDEN));
            case "layerNorm" ->
                Map.of(
                        "x",
                        Operands.random(1, ROWS, WIDTH),
                        "w",
                        Operands.random(2, WIDTH),
                        "b",
                        Operands.random(3, WIDTH));
            default -> Map.of("x", Operands.random(1, ROWS, WIDTH), "y", Operands.random(2, ROWS, WIDTH));
        };
        contender = ours(method, given);
        contender.run();
        if (!impl.equals("rlr")) {
            Contender ours = contender;
            contender = new TorchPeer("step", Map.of("kind", method, "threads", threads), given);
            Contender.requireSame(method, ours.result(), contender.result(), 1e-4);
            ours.close();
        }
    }

    private Contender ours(String method, Map<String, Operand> given) {
        OurContender ours = new OurContender("cpu", threads);
        View x = ours.upload(given, "x");
        switch (method) {
            case "linearGelu" -> {
                View w = ours.upload(given, "w");
                View b = ours.upload(given, "b");
                View y = ours.empty(ROWS, HIDDEN);
                ours.work(backend -> backend.linear(x, w, b, Activation.GELU, null, y), y);
            }
            case "layerNorm" -> {
                View w = ours.upload(given, "w");
                View b = ours.upload(given, "b");
                View y = ours.empty(ROWS, WIDTH);
                View mean = ours.empty(ROWS);
                View rstd = ours.empty(ROWS);
                ours.work(backend -> backend.layerNorm(x, w, b, 1e-5f, y, mean, rstd), y);
            }
            case "loss" -> {
                View target = ours.upload(given, "y");
                View value = ours.empty();
                View one = ours.upload(new Operand(new float[] {1}));
                View dx = ours.empty(ROWS, WIDTH);
                ours.work(
                        backend -> {
                            backend.reconstructionLoss(x, target, value);
                            backend.reconstructionLossBackward(x, target, one, dx, false);
                        },
                        dx);
            }
            case "adam" -> {
                View g = ours.upload(given, "y");
                View m = ours.upload(new Operand(new float[ROWS * WIDTH], ROWS, WIDTH));
                View v = ours.upload(new Operand(new float[ROWS * WIDTH], ROWS, WIDTH));
                long[] step = new long[1];
                ours.work(backend -> backend.adam(x, g, m, v, AdamSettings.DEFAULT, ++step[0]), x);
            }
            default -> throw new IllegalArgumentException("unknown step '" + method + "'");
        }
        return ours;
    }

    @TearDown(Level.Trial)
    public void stop() {
        contender.close();
    }

    @Benchmark
    public void linearGelu() {
        contender.run();
    }

    @Benchmark
    public void layerNorm() {
        contender.run();
    }

    /** Computes the loss and its gradient. */
    @Benchmark
    public void loss() {
        contender.run();
    }

    @Benchmark
    public void adam() {
        contender.run();
    }
}
