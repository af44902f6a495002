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
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.View;

/**
 * Local attention with 8 heads on the grids of the model, forward and backward, for a whole batch. As in the model, all
 * images share the reference's keys, and its values inside the window; outside it, each image has its own values.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 700, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class AttentionBenchmark {
    private static final int HEADS = 8;

    /** Grid size, width of a head, window size. */
    @Param({"32/32/7", "16/64/5", "64/16/11"})
    public String shape;

    @Param({"INSIDE", "OUTSIDE"})
    public Locality locality;

    @Param({"1", "4"})
    public int images;

    @Param("cpu")
    public String device;

    @Param({"rlr", "torch"})
    public String impl;

    /** The number of threads; 0 for all cores. */
    @Param("0")
    public int threads;

    private Contender contender;

    @Setup(Level.Trial)
    public void start(BenchmarkParams params) {
        boolean backward = params.getBenchmark().endsWith(".backward");
        String[] parts = shape.split("/", -1);
        int side = Integer.parseInt(parts[0]);
        int width = HEADS * Integer.parseInt(parts[1]);
        int window = Integer.parseInt(parts[2]);
        int tokens = side * side;
        int valueImages = locality == Locality.INSIDE ? 1 : images;
        Map<String, Operand> given = Map.of(
                "q",
                Operands.random(1, images, tokens, width),
                "k",
                Operands.random(2, 1, tokens, width),
                "v",
                Operands.random(3, valueImages, tokens, width),
                "dout",
                Operands.random(4, images, tokens, width));
        contender = ours(new AttentionPattern(HEADS, side, side, window, locality), given, backward);
        if (!impl.equals("rlr")) {
            Contender ours = contender;
            ours.run();
            contender = new TorchPeer(
                    "attention",
                    Map.of(
                            "heads",
                            HEADS,
                            "side",
                            side,
                            "window",
                            window,
                            "inside",
                            locality == Locality.INSIDE,
                            "backward",
                            backward,
                            "threads",
                            threads),
                    given);
            Contender.requireSame("attention " + shape, ours.result(), contender.result(), 1e-4);
            ours.close();
        }
    }

    private Contender ours(AttentionPattern pattern, Map<String, Operand> given, boolean backward) {
        OurContender ours = new OurContender(device, threads);
        View q = ours.upload(given, "q");
        View k = ours.upload(given, "k");
        View v = ours.upload(given, "v");
        View out = ours.empty(q.shape().toArray());
        View lse = ours.empty(images, HEADS, pattern.tokens());
        ours.work(backend -> backend.attention(q, k, v, pattern, out, lse), out);
        if (backward) {
            ours.run();
            View dout = ours.upload(given, "dout");
            View dq = ours.empty(q.shape().toArray());
            View dk = ours.empty(k.shape().toArray());
            View dv = ours.empty(v.shape().toArray());
            ours.work(backend -> backend.attentionBackward(q, k, v, out, lse, dout, pattern, dq, dk, dv), dq);
        }
        return ours;
    }

    @TearDown(Level.Trial)
    public void stop() {
        contender.close();
    }

    @Benchmark
    public void forward() {
        contender.run();
    }

    @Benchmark
    public void backward() {
        contender.run();
    }
}
