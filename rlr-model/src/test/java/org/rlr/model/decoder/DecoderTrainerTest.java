package org.rlr.model.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.cli.CommandLines;
import org.rlr.model.config.Normalization;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Images;
import org.rlr.model.data.Preprocessor;
import org.rlr.model.data.RgbImage;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.detect.Examination;
import org.rlr.model.train.DecoderTrainer;
import org.rlr.model.train.TrainingListener;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** The embedding API: training and decoding. */
class DecoderTrainerTest {
    @Test
    void trainingReducesTheLossAndFeaturesBecomeAPictureOfTheModelsSize() {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2))) {
            try (RlrModel model = ModelFile.load(CommandLines.anyModel(), backend)) {
                List<ImageSource> images =
                        ImageSource.files(CommandLines.trainingImages().subList(0, 4));
                List<Double> losses = new ArrayList<>();
                TrainingListener listener = new TrainingListener() {
                    @Override
                    public void step(int epoch, int epochs, int step, int steps, double loss, int count) {
                        losses.add(loss);
                    }
                };
                try (FeatureDecoder decoder =
                        new DecoderTrainer(new DecoderSettings(12, 4, 1e-3f, 1), listener).train(model, images)) {
                    assertEquals(12, losses.size());
                    assertTrue(losses.get(11) < 0.5 * losses.get(0), losses.toString());
                    assertEquals(losses.get(11), decoder.info().loss(), 1e-12);
                    Examination e =
                            new AnomalyScorer(model).examine(images.get(0).read());
                    RgbImage picture = decoder.decode(
                            e.levels().stream().map(Examination.Level::features).toList());
                    assertEquals(64, picture.width());
                    assertEquals(64, picture.height());
                    assertThrows(IllegalArgumentException.class, () -> decoder.decode(List.of(new float[1])));
                }
                assertThrows(
                        RlrException.class,
                        () -> new DecoderTrainer(DecoderSettings.PUBLISHED, TrainingListener.SILENT)
                                .train(model, List.of()));
            }
            assertEquals(0, backend.memory().used());
        }
    }

    @Test
    void normalisedPixelsAreConvertedBackToTheirSamples() {
        RgbImage image = Images.read(CommandLines.trainingImages().get(0));
        for (Normalization each : List.of(Normalization.IMAGENET, Normalization.HALF)) {
            float[] pixels = new Preprocessor(image.height(), image.width(), each).apply(image);
            assertArrayEquals(image.rgb(), each.samples(pixels));
            assertEquals((byte) 255, each.samples(new float[] {100, 0, 0})[0]);
            assertEquals((byte) 0, each.samples(new float[] {-100, 0, 0})[0]);
        }
    }
}
