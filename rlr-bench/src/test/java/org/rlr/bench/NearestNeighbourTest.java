package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.RlrModel;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Sample;
import org.rlr.model.demo.DemoDataSet;
import org.rlr.model.features.ComputedFeatureMaps;
import org.rlr.model.features.FeatureExtractor;
import org.rlr.model.train.RlrTraining;
import org.rlr.model.train.Trained;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

class NearestNeighbourTest {
    private static final int TRAINING = 40;

    @Test
    void distancesAreThoseToTheNearestTokenOfTheOwnClass(@TempDir Path folder) {
        DemoDataSet.generate(folder, 64, TRAINING, 1, 1, 11, 2);
        ClassSamples own = DataLayouts.read(folder).classes().get(0);
        List<ImageSource> train = own.train().stream().map(Sample::image).toList();
        DataSet.Builder builder = DataSet.builder().train("a", train);
        builder.test("a", List.of(again(train.get(0)), again(train.get(1)))); // in the bank, so the distance is 0
        builder.defective("a", "other", own.test().get(0).image());
        DataSet data = builder.build();
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS);
                Trained trained = RlrTraining.on(data)
                        .backend(backend)
                        .config(c -> c.imageSize(64, 64).width(16).layers(1).levels(List.of(1)))
                        .settings(s -> s.epochs(1))
                        .run()) {
            List<Float> scores = new ArrayList<>();
            List<float[]> maps = new ArrayList<>();
            NearestNeighbour.evaluator(trained.model()).evaluate(data, (sample, score, defective, map) -> {
                scores.add(score);
                maps.add(map.values());
            });
            assertEquals(0, scores.get(0), 1e-2);
            assertEquals(0, scores.get(1), 1e-2);
            double[] expected = naive(trained.model(), train, own.test().get(0).image());
            // the corners of the map are those of the token grid
            float[] map = maps.get(2);
            assertEquals(expected[0], map[0], 1e-3);
            assertEquals(expected[expected.length - 1], map[map.length - 1], 1e-3);
            assertTrue(scores.get(2) > 0.1, "score " + scores.get(2));
        }
    }

    /** The image under another id, because an image can be in only one part of a data set. */
    private static ImageSource again(ImageSource image) {
        return ImageSource.of("again " + image.id(), image.content());
    }

    private static double[] naive(RlrModel model, List<ImageSource> train, ImageSource tested) {
        List<float[]> bank = new ArrayList<>();
        train.forEach(image -> bank.add(tokens(model, image)));
        float[] own = tokens(model, tested);
        int channels = model.levels().get(0).config().channels();
        double[] distances = new double[own.length / channels];
        for (int i = 0; i < distances.length; i++) {
            double least = Double.POSITIVE_INFINITY;
            for (float[] image : bank) {
                for (int from = 0; from < image.length; from += channels) {
                    double sum = 0;
                    for (int c = 0; c < channels; c++) {
                        double difference = own[i * channels + c] - image[from + c];
                        sum += difference * difference;
                    }
                    least = Math.min(least, sum);
                }
            }
            distances[i] = Math.sqrt(least / channels);
        }
        return distances;
    }

    private static float[] tokens(RlrModel model, ImageSource image) {
        float[][] tokens = new float[1][];
        FeatureExtractor extractor =
                new FeatureExtractor(model.backbone(), model.info().config(), model.statistics());
        new ComputedFeatureMaps(model.backbone(), model.info().config()).forEach(List.of(image), (index, maps) -> {
            try (TensorScope scope = TensorScope.inference(model.backend())) {
                Tensor first = extractor.tokens(0, maps.maps(0).get(0));
                tokens[0] = first.toArray();
            }
        });
        return tokens[0];
    }
}
