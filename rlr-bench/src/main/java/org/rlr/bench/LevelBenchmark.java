package org.rlr.bench;

import java.util.List;
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
import org.rlr.model.GateMode;
import org.rlr.model.LevelConfig;
import org.rlr.model.RlrTransformer;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.nn.Adam;

/** One level of the published model (EfficientNet-b6 at 256²), inference and a training step, for a whole batch. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
public class LevelBenchmark {
    /** Side of the grid, channels of the features, width of the model. */
    @Param({"32/72/256", "16/200/512"})
    public String level;

    @Param({"1", "8"})
    public int images;

    /** 0: as many as there are cores. */
    @Param("0")
    public int threads;

    private Backend backend;
    private RlrTransformer inference;
    private RlrTransformer training;
    private Adam adam;
    private float[] features;
    private int[] shape;

    @Setup(Level.Trial)
    public void start() {
        String[] p = level.split("/");
        int side = Integer.parseInt(p[0]);
        int channels = Integer.parseInt(p[1]);
        LevelConfig config = new LevelConfig(channels, side, side, Integer.parseInt(p[2]), 8, 4, List.of("mca", "nsa"), GateMode.NONE, 1,
                LevelConfig.defaultSide(side, side), false);
        backend = Backends.open("cpu", threads);
        inference = new RlrTransformer(config, backend, false);
        training = new RlrTransformer(config, backend, true);
        inference.parameters().initialize(1);
        training.parameters().initialize(1);
        adam = new Adam(training.parameters());
        shape = new int[] {images, side * side, channels};
        features = DeviceViews.gaussian(new Random(1), images * side * side * channels);
    }

    @TearDown(Level.Trial)
    public void stop() {
        adam.close();
        inference.close();
        training.close();
        backend.close();
    }

    @Benchmark
    @SuppressWarnings("try")   // the scope only has to be open
    public float forward() {
        try (TensorScope scope = TensorScope.inference(backend)) {
            return inference.reconstruct(Tensor.of(features, shape)).toArray()[0];
        }
    }

    @Benchmark
    public float step() {
        training.parameters().zeroGradients();
        float value;
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor x = Tensor.of(features, shape);
            Tensor loss = training.loss(training.forward(x), x);
            loss.backward();
            value = loss.item();
        }
        adam.step(AdamSettings.DEFAULT);
        return value;
    }
}
