package org.rlr.bench;

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
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.View;

/**
 * Local attention with 8 heads on the grids of the model, forward and backward, for a whole batch. As in the model, keys are the
 * reference's, shared by all images, and so are the values inside the window; outside it values belong to the image.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class AttentionBenchmark {
    private static final int HEADS = 8;

    /** Side of the grid, width of a head, side of the window. */
    @Param({"32/32/7", "16/64/5", "64/16/11"})
    public String shape;

    @Param({"INSIDE", "OUTSIDE"})
    public Locality locality;

    @Param({"1", "4"})
    public int images;

    @Param("cpu")
    public String device;

    /** 0: as many as there are cores. */
    @Param("0")
    public int threads;

    private Backend backend;
    private DeviceViews views;
    private AttentionPattern pattern;
    private View q;
    private View k;
    private View v;
    private View out;
    private View lse;
    private View dout;
    private View dq;
    private View dk;
    private View dv;

    @Setup(Level.Trial)
    public void start() {
        String[] parts = shape.split("/");
        int side = Integer.parseInt(parts[0]);
        int width = HEADS * Integer.parseInt(parts[1]);
        int tokens = side * side;
        int valueImages = locality == Locality.INSIDE ? 1 : images;
        backend = Backends.open(device, threads);
        views = new DeviceViews(backend);
        pattern = new AttentionPattern(HEADS, side, side, Integer.parseInt(parts[2]), locality);
        q = views.normal(images, tokens, width);
        k = views.normal(1, tokens, width);
        v = views.normal(valueImages, tokens, width);
        dout = views.normal(images, tokens, width);
        out = views.empty(images, tokens, width);
        lse = views.empty(images, HEADS, tokens);
        dq = views.empty(images, tokens, width);
        dk = views.empty(1, tokens, width);
        dv = views.empty(valueImages, tokens, width);
        backend.attention(q, k, v, pattern, out, lse);
        backend.synchronize();
    }

    @TearDown(Level.Trial)
    public void stop() {
        views.close();
    }

    @Benchmark
    public void forward() {
        backend.attention(q, k, v, pattern, out, lse);
        backend.synchronize();
    }

    @Benchmark
    public void backward() {
        backend.attentionBackward(q, k, v, out, lse, dout, pattern, dq, dk, dv);
        backend.synchronize();
    }
}
