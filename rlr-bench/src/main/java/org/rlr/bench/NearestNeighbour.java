package org.rlr.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Scoring;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.eval.Evaluator;
import org.rlr.model.features.ComputedFeatureMaps;
import org.rlr.model.features.FeatureExtractor;
import org.rlr.model.features.FeatureMaps;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.View;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A baseline that needs no training: the distance of each token to the nearest token of the training images, one class
 * at a time, on the model's features. {@code mvn -pl rlr-bench -Dneighbour=MODEL -Ddata=DIR} calls it.
 */
@Command(
        name = "rlr-bench neighbour",
        mixinStandardHelpOptions = true,
        description = "Evaluates the nearest neighbour among the training tokens, on the features of a model.")
public final class NearestNeighbour implements Callable<Integer> {
    /** Training tokens compared at once. */
    private static final int CHUNK = 8192;

    @Option(
            names = "--model",
            required = true,
            description = "the model whose backbone, levels, image size and statistics are used")
    private Path model;

    @Option(names = "--data", required = true, description = "a data set with training and test images")
    private Path data;

    @Option(names = "--threads", defaultValue = "0", description = "threads (default: 0, all cores)")
    private int threads;

    public static void main(String[] args) {
        System.exit(new CommandLine(new NearestNeighbour()).execute(args));
    }

    @Override
    public Integer call() {
        BackendSettings settings =
                threads == 0 ? BackendSettings.WHOLE_HEAP : BackendSettings.WHOLE_HEAP.withThreads(threads);
        try (Backend backend = Backends.open("auto", settings);
                RlrModel loaded = ModelFile.load(model, backend)) {
            DataSet images = DataLayouts.read(data);
            System.out.print(evaluator(loaded).evaluate(images).toTable());
        }
        return 0;
    }

    /** An evaluator of the method on a model's features. */
    static Evaluator evaluator(RlrModel model) {
        RlrConfig config = model.info().config();
        if (config.tiling() != null) {
            throw new IllegalArgumentException(
                    "the model cuts images into tiles, which this comparison does not support");
        }
        FeatureMaps maps = new ComputedFeatureMaps(model.backbone(), config);
        FeatureExtractor extractor = new FeatureExtractor(model.backbone(), config, model.statistics());
        return new Evaluator((of, sink) -> score(model, maps, extractor, of, sink));
    }

    private static void score(
            RlrModel model, FeatureMaps maps, FeatureExtractor extractor, ClassSamples of, AnomalyScorer.Sink sink) {
        RlrConfig config = model.info().config();
        List<List<Bank>> banks = new ArrayList<>();
        config.levels().forEach(level -> banks.add(new ArrayList<>()));
        try {
            fill(banks, model, maps, extractor, images(of.train()));
            maps.forEach(images(of.test()), (index, image) -> {
                try (TensorScope scope = TensorScope.inference(model.backend())) {
                    List<Tensor> own = image.maps(0);
                    List<AnomalyMap.Level> levels = new ArrayList<>();
                    for (int i = 0; i < own.size(); i++) {
                        levels.add(new AnomalyMap.Level(
                                distances(extractor.tokens(i, own.get(i)), banks.get(i)),
                                own.get(i).dim(1),
                                own.get(i).dim(2)));
                    }
                    double[] equal = new double[levels.size()];
                    Arrays.fill(equal, 1);
                    sink.accept(
                            index,
                            AnomalyMap.of(levels, equal, Scoring.SMOOTHING, config.imageHeight(), config.imageWidth()));
                }
            });
        } finally {
            banks.forEach(level -> level.forEach(Bank::close));
        }
    }

    private static List<ImageSource> images(List<Sample> samples) {
        return samples.stream().map(Sample::image).toList();
    }

    private static void fill(
            List<List<Bank>> banks,
            RlrModel model,
            FeatureMaps maps,
            FeatureExtractor extractor,
            List<ImageSource> images) {
        List<List<float[]>> waiting = new ArrayList<>();
        banks.forEach(level -> waiting.add(new ArrayList<>()));
        maps.forEach(images, (index, image) -> {
            try (TensorScope scope = TensorScope.inference(model.backend())) {
                List<Tensor> own = image.maps(0);
                for (int i = 0; i < own.size(); i++) {
                    Tensor tokens = extractor.tokens(i, own.get(i));
                    int channels = tokens.dim(2);
                    waiting.get(i).add(tokens.toArray());
                    if (index == images.size() - 1 || waiting.get(i).size() * tokens.dim(1) >= CHUNK) {
                        banks.get(i).add(new Bank(model.backend(), waiting.get(i), channels));
                        waiting.get(i).clear();
                    }
                }
            }
        });
    }

    /** Tokens of training images, transposed, and half their squared norms. */
    private static final class Bank implements AutoCloseable {
        private final Tensor transposed;
        private final Tensor halfNorms;

        Bank(Backend backend, List<float[]> images, int channels) {
            int count = images.stream().mapToInt(each -> each.length / channels).sum();
            float[] columns = new float[channels * count];
            float[] norms = new float[count];
            int token = 0;
            for (float[] image : images) {
                for (int from = 0; from < image.length; from += channels, token++) {
                    double norm = 0;
                    for (int c = 0; c < channels; c++) {
                        float value = image[from + c];
                        columns[c * count + token] = value;
                        norm += value * value;
                    }
                    norms[token] = (float) (norm / 2);
                }
            }
            transposed = unscoped(backend, columns, channels, count);
            halfNorms = unscoped(backend, norms, count);
        }

        private static Tensor unscoped(Backend backend, float[] values, int... extents) {
            Tensor result = Tensor.wrapUnscoped(backend, View.allocate(backend, Shape.of(extents)));
            backend.upload(values, 0, result.view());
            return result;
        }

        @Override
        public void close() {
            transposed.close();
            halfNorms.close();
        }
    }

    /** For each token the distance to the nearest token in the banks, per channel. */
    private static float[] distances(Tensor tokens, List<Bank> banks) {
        int count = tokens.dim(1);
        int channels = tokens.dim(2);
        Tensor rows = tokens.reshape(count, channels);
        float[] greatest = new float[count];
        Arrays.fill(greatest, Float.NEGATIVE_INFINITY);
        for (Bank bank : banks) {
            try (TensorScope scope = TensorScope.inference(tokens.backend())) {
                float[] own =
                        rows.matmul(bank.transposed).sub(bank.halfNorms).max(1).toArray();
                for (int i = 0; i < count; i++) {
                    greatest[i] = Math.max(greatest[i], own[i]);
                }
            }
        }
        float[] values = rows.toArray();
        for (int i = 0; i < count; i++) {
            double norm = 0;
            for (int c = 0; c < channels; c++) {
                norm += (double) values[i * channels + c] * values[i * channels + c];
            }
            greatest[i] = (float) Math.sqrt(Math.max(0, norm - 2 * greatest[i]) / channels);
        }
        return greatest;
    }
}
