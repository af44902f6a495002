package org.rlr.bench;

import java.util.Random;
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
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.Storage;
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

    private final Random random = new Random(1);
    private Backend backend;
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
        pattern = new AttentionPattern(HEADS, side, side, Integer.parseInt(parts[2]), locality);
        q = normal(images, tokens, width);
        k = normal(1, tokens, width);
        v = normal(valueImages, tokens, width);
        dout = normal(images, tokens, width);
        out = empty(images, tokens, width);
        lse = empty(images, HEADS, tokens);
        dq = empty(images, tokens, width);
        dk = empty(1, tokens, width);
        dv = empty(valueImages, tokens, width);
        backend.attention(q, k, v, pattern, out, lse);
        backend.synchronize();
    }

    private View empty(int... extents) {
        Shape s = Shape.of(extents);
        Storage storage = backend.allocate(s.elements());
        return new View(storage, 0, s);
    }

    private View normal(int... extents) {
        View view = empty(extents);
        float[] values = new float[view.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        backend.upload(values, 0, view);
        return view;
    }

    @TearDown(Level.Trial)
    public void stop() {
        for (View view : new View[] {q, k, v, out, lse, dout, dq, dk, dv}) {
            view.storage().release();
        }
        backend.close();
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
