package org.rlr.bench;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Detection;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/**
 * One image from its file to its score: a PNG of 512² decoded, resized to 256², tf_efficientnet_lite0, both levels at
 * the published widths (d 256 and 512), anomaly map, smoothing. Ours decodes with ImageIO and resizes like Pillow,
 * which the PyTorch peer uses; the exported model in ONNX Runtime gets images decoded and resized by ours.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 600, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
public class DetectBenchmark {
    /** A resized sample may round to the next 1/255 in one of the two, and random weights do not damp that. */
    static final double TOLERANCE = 1e-2;

    @Param({"rlr", "torch-published", "torch-best", ExportedPeer.NAME})
    public String impl;

    /** The number of threads; 0 for all cores. */
    @Param("0")
    public int threads;

    private DetectFiles files;
    private Contender contender;

    @Setup(Level.Trial)
    public void start() {
        files = new DetectFiles();
        contender = new Ours(files, threads);
        if (!impl.equals("rlr")) {
            Contender ours = contender;
            ours.run();
            contender = impl.equals(ExportedPeer.NAME) ? new ExportedPeer(files, threads) : torch();
            Contender.requireSame(
                    impl + " image score",
                    new float[] {ours.result()[0]},
                    new float[] {contender.result()[0]},
                    TOLERANCE);
            Contender.requireSame(impl + " score and map", ours.result(), contender.result(), TOLERANCE);
            ours.close();
        }
    }

    private Contender torch() {
        return new TorchPeer(
                "detect",
                Map.of(
                        "style",
                        impl.substring("torch-".length()),
                        "threads",
                        threads,
                        "model",
                        files.model().toString(),
                        "image",
                        files.image().toString()),
                Map.of());
    }

    @TearDown(Level.Trial)
    public void stop() {
        contender.close();
        files.close();
    }

    @Benchmark
    public void detect() {
        contender.run();
    }

    private static final class Ours implements Contender {
        private final Backend backend;
        private final AnomalyDetector detector;
        private final DetectFiles files;
        private @Nullable Detection result;

        Ours(DetectFiles files, int threads) {
            this.files = files;
            backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(threads));
            detector = AnomalyDetector.load(files.model(), backend);
        }

        @Override
        public void run() {
            result = detector.detect(files.image());
        }

        /** The image score, then the anomaly map. */
        @Override
        public float[] result() {
            if (result == null) {
                throw new IllegalStateException("nothing was detected yet; call run() first");
            }
            float[] values = new float[1 + result.map().length];
            values[0] = (float) result.score();
            System.arraycopy(result.map(), 0, values, 1, result.map().length);
            return values;
        }

        @Override
        public void close() {
            detector.close();
            backend.close();
        }
    }
}
