package org.rlr.bench;

import java.util.HashMap;
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
import org.rlr.model.config.LevelConfig;

/** One level of the published model (EfficientNet-b6 at 256²), inference and a training step, for a whole batch. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 600, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
public class LevelBenchmark {
    private static final int HEADS = 8;

    /** Grid size, channels of the features, width of the model. */
    @Param({"32/72/256", "16/200/512"})
    public String level;

    @Param({"1", "4"})
    public int images;

    @Param({"rlr", "torch-published", "torch-best", "torch-compiled"})
    public String impl;

    /** The number of threads; 0 for all cores. */
    @Param("0")
    public int threads;

    private Contender contender;

    @Setup(Level.Trial)
    public void start(BenchmarkParams params) {
        boolean step = params.getBenchmark().endsWith(".step");
        String[] p = level.split("/", -1);
        int side = Integer.parseInt(p[0]);
        int channels = Integer.parseInt(p[1]);
        LevelConfig config = LevelConfig.builder(channels, side, side, Integer.parseInt(p[2]))
                .heads(HEADS)
                .build();
        Operand features = Operands.random(1, images, side * side, channels);
        OurLevel ours = new OurLevel(config, features, step, threads);
        contender = ours;
        if (!impl.equals("rlr")) {
            Map<String, Operand> given = new HashMap<>(ours.stateDict());
            given.put("x", features);
            ours.run();
            contender = new TorchPeer(
                    "level",
                    Map.of(
                            "style",
                            impl.substring("torch-".length()),
                            "side",
                            side,
                            "heads",
                            HEADS,
                            "window",
                            LevelConfig.defaultWindowSize(side, side),
                            "train",
                            step,
                            "threads",
                            threads),
                    given);
            Contender.requireSame(impl + " " + level, ours.result(), contender.result(), 1e-3);
            ours.close();
        }
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
    @Warmup(iterations = 3, time = 2)
    @Measurement(iterations = 3, time = 600, timeUnit = TimeUnit.MILLISECONDS)
    public void step() {
        contender.run();
    }
}
