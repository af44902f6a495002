package org.rlr.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.data.Images;
import org.rlr.model.data.Preprocessor;
import org.rlr.model.data.RgbImage;
import org.rlr.model.features.FeatureExtractor;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.nn.Adam;
import org.rlr.tensor.nn.ParameterSet;

/**
 * Trains all levels of a model for a few steps, from the weights in its file, on copies of one image, like
 * {@code train_torch.py}. It is a separate process to measure its memory.
 */
final class TrainingProcess {
    static final int BATCH = 8;
    static final int STEPS = 2;

    private TrainingProcess() {}

    /** Arguments: model, image, threads. Prints the image and the loss of the last step, summed over the levels. */
    public static void main(String[] args) {
        try (Backend backend =
                Backends.open("cpu", BackendSettings.WHOLE_HEAP.withThreads(Integer.parseInt(args[2])))) {
            List<float[]> features;
            List<RlrTransformer> levels = new ArrayList<>();
            try (RlrModel model = ModelFile.load(Path.of(args[0]), backend)) {
                features = features(model, Path.of(args[1]));
                for (RlrTransformer inference : model.levels()) {
                    RlrTransformer training = new RlrTransformer(inference.config(), backend, true);
                    training.parameters().copyFrom(inference.parameters());
                    levels.add(training);
                }
            }
            List<Adam> optimizers =
                    levels.stream().map(level -> new Adam(level.parameters())).toList();
            double loss = 0;
            for (int step = 0; step < STEPS; step++) {
                loss = 0;
                for (int i = 0; i < levels.size(); i++) {
                    loss += step(levels.get(i), optimizers.get(i), features.get(i), backend);
                }
            }
            System.out.printf(java.util.Locale.ROOT, "%s\t%.4f%n", args[1], loss);
            optimizers.forEach(Adam::close);
            levels.forEach(RlrTransformer::close);
        }
    }

    private static List<float[]> features(RlrModel model, Path image) {
        int size = model.info().config().imageHeight();
        Preprocessor preprocessor =
                new Preprocessor(size, size, model.backbone().info().normalization());
        float[] pixels = new float[BATCH * preprocessor.length()];
        for (int i = 0; i < BATCH; i++) {
            preprocessor.apply(Images.read(image), pixels, i * preprocessor.length());
        }
        try (TensorScope scope = TensorScope.inference(model.backend())) {
            List<float[]> features = new ArrayList<>();
            new FeatureExtractor(model.backbone(), model.info().config(), model.statistics())
                    .tokens(Tensor.of(pixels, BATCH, size, size, RgbImage.CHANNELS))
                    .forEach(tokens -> features.add(tokens.toArray()));
            return features;
        }
    }

    private static double step(RlrTransformer level, Adam optimizer, float[] features, Backend backend) {
        ParameterSet parameters = level.parameters();
        parameters.zeroGradients();
        double value;
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor x = Tensor.of(
                    features, BATCH, level.config().tokens(), level.config().channels());
            Tensor loss = level.loss(level.forward(x), x);
            loss.backward();
            value = loss.item();
        }
        optimizer.step(AdamSettings.DEFAULT);
        return value;
    }
}
