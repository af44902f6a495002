package org.rlr.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/**
 * The default feature levels of a backbone, on square images of its default size. Weights are random, which does not
 * change the time.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
public class BackboneBenchmark {
    /** Name and levels. */
    @Param({
        "tf_efficientnet_lite0/2,3",
        "tf_efficientnet_b6/2,3",
        "wide_resnet50_2/1,2,3",
        "vit_small_patch14_dinov2/5,9"
    })
    public String backbone;

    @Param({"1", "4"})
    public int images;

    @Param({"rlr", "torch-published", "torch-best", "djl-pytorch", "onnxruntime"})
    public String impl;

    /** The number of threads; 0 for all cores. */
    @Param("0")
    public int threads;

    private Contender contender;

    @Setup(Level.Trial)
    public void start() {
        String name = backbone.substring(0, backbone.indexOf('/'));
        List<Integer> levels = new ArrayList<>();
        for (String level : backbone.substring(name.length() + 1).split(",", -1)) {
            levels.add(Integer.parseInt(level));
        }
        Map<String, Operand> given = RandomWeights.of(name, levels);
        int side = Backbones.info(name).settings().imageHeight();
        Operand x = Operands.random(1, images, side, side, 3);
        contender = new Ours(name, levels, given, x, threads);
        if (!impl.equals("rlr")) {
            Contender ours = contender;
            ours.run();
            contender = peer(name, levels, given, x);
            Contender.requireSame(impl + " " + backbone, ours.result(), contender.result(), 1e-3);
            ours.close();
        }
    }

    private Contender peer(String name, List<Integer> levels, Map<String, Operand> weights, Operand x) {
        DjlPeer.DjlEngine engine = DjlPeer.DjlEngine.of(impl);
        if (engine != null) {
            return new DjlPeer(engine, name, levels, weights, x, threads);
        }
        Map<String, Operand> given = new HashMap<>(weights);
        given.put("x", x);
        return new TorchPeer(
                "backbone",
                Map.of("name", name, "levels", levels, "style", impl.substring("torch-".length()), "threads", threads),
                given);
    }

    @TearDown(Level.Trial)
    public void stop() {
        contender.close();
    }

    @Benchmark
    public void features() {
        contender.run();
    }

    private static final class Ours implements Contender {
        private final Backend backend;
        private final Backbone backbone;
        private final List<Integer> levels;
        private final Operand images;
        private float[] result = {};

        Ours(String name, List<Integer> levels, Map<String, Operand> weights, Operand images, int threads) {
            this.levels = levels;
            this.images = images;
            backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(threads));
            backbone = Backbones.create(name, backend, levels, RandomWeights.stateDict(weights), "random");
        }

        @Override
        public void run() {
            try (TensorScope scope = TensorScope.inference(backend)) {
                List<Tensor> features = backbone.features(Tensor.of(images.values(), images.shape()), levels);
                result = features.get(features.size() - 1).toArray();
                features.forEach(scope::keep);
                features.forEach(Tensor::close);
            }
        }

        /** The deepest level. */
        @Override
        public float[] result() {
            return result;
        }

        @Override
        public void close() {
            backbone.close();
            backend.close();
        }
    }
}
