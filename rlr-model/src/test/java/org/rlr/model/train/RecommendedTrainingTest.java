package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.model.ModelException;
import org.rlr.model.ModelFile;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Validation;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.demo.DemoDataSet;
import org.rlr.model.eval.Thresholding;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/**
 * Features of the recommended recipe beyond its values: held-out images, their threshold, a time limit, an early end.
 */
class RecommendedTrainingTest {
    @TempDir
    private static Path home;

    private static DataSet data;
    private static Backend backend;

    /** Records the numbers of planned and finished epochs and their validation losses; ends the training after some. */
    private static final class Heard implements TrainingListener {
        private final int until;
        private final List<Double> losses = new ArrayList<>();
        private TrainingEstimate estimate;

        Heard(int until) {
            this.until = until;
        }

        @Override
        public void estimated(TrainingEstimate said) {
            estimate = said;
        }

        @Override
        public void epoch(EpochReport report) {
            losses.add(
                    report.validation() == null
                            ? Double.NaN
                            : report.validation().total());
            if (losses.size() == until) {
                throw new CancelledException("enough", "", null);
            }
        }
    }

    @BeforeAll
    static void open() throws IOException {
        DemoDataSet.generate(home.resolve("data"), 64, 4, 1, 1, 11, 2);
        data = DataLayouts.read(home.resolve("data"));
        backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private static RlrTraining training(String out, TrainingListener listener) {
        return RlrTraining.on(data)
                .backend(backend)
                .config(c -> c.imageSize(64, 64)
                        .levels(List.of(3))
                        .width(16)
                        .heads(4)
                        .layers(1))
                .settings(s -> s.warmupSteps(2))
                .saveTo(home.resolve(out))
                .listener(listener);
    }

    private static DataSet ofSizes(int... sizes) {
        DataSet.Builder builder = DataSet.builder();
        for (int i = 0; i < sizes.length; i++) {
            List<ImageSource> images = new ArrayList<>();
            for (int j = 0; j < sizes[i]; j++) {
                images.add(ImageSource.of(Path.of(i + "-" + j + ".png")));
            }
            builder.train("class" + i, images);
        }
        return builder.build();
    }

    private static Validation heldOut(int... sizes) {
        DataSet of = ofSizes(sizes);
        Validation validation = Recipe.of(Recipe.RECOMMENDED, Backbones.WEIGHT_FREE, of)
                .training()
                .validation();
        assertEquals(validation, RlrTraining.on(of).settings().validation());
        return validation;
    }

    /** A rate of 0.05 requires 19 images. */
    /** Deeper and wider models take lower rates; the published shape takes that of the recipe fast. */
    @ParameterizedTest
    @CsvSource({"64, 2, 2e-3", "32, 1, 2e-3", "96, 2, 1.3333334e-3", "64, 3, 1.3333334e-3", "128, 4, 5e-4"})
    void theLearningRateFitsTheShape(int width, int layers, float rate) {
        RlrTraining training =
                RlrTraining.on(data).config(config -> config.width(width).layers(layers));
        assertEquals(rate, training.settings().learningRate());
        assertEquals(
                1e-3f,
                training.settings(settings -> settings.learningRate(1e-3f))
                        .settings()
                        .learningRate());
    }

    @Test
    void heldOutIsATenthAndUpToAFifthWhereItTakesThat() {
        assertEquals(new Validation(0.1, true, null, 0.05), heldOut(800));
        assertEquals(new Validation(0.1, true, null, 0.05), heldOut(190));
        assertEquals(new Validation(0.12, true, null, 0.05), heldOut(40, 40, 40, 40));
        assertEquals(new Validation(0.2, true, null, 0.05), heldOut(93));
        assertNull(heldOut(92));
        assertNull(heldOut(500, 1), "a single image cannot be held out");
        assertNull(Recipe.of(Recipe.PUBLISHED, Backbones.WEIGHT_FREE, ofSizes(800))
                .training()
                .validation());
    }

    @Test
    void theThresholdIsThatOfTheImagesHeldOut() {
        Validation validation = new Validation(0.5, true, null, 0.2);
        Heard heard = new Heard(0);
        try (Trained trained = training("threshold", heard)
                .settings(s -> s.epochs(2).validation(validation))
                .run()) {
            ModelInfo info = trained.model().info();
            Threshold found = info.thresholds().common();
            List<ImageSource> held =
                    ValidationSplit.of(data, validation, info.training().seed()).validation();
            assertEquals(8, held.size());
            assertEquals(
                    Thresholding.falseAlarmRate(0.2)
                            .of(trained.model(), held)
                            .info()
                            .thresholds()
                            .common(),
                    found);
            assertEquals(Threshold.Rule.FALSE_ALARM_RATE, found.rule());
            assertTrue(found.value() != info.scores().threshold());
            assertEquals(8, heard.estimate.heldOut());
            assertEquals(8, info.scores().images());
        }
        DataSetException few = assertThrows(
                DataSetException.class,
                () -> training("few", heard)
                        .settings(s -> s.validation(new Validation(0.5, true, null, 0.05)))
                        .run());
        assertTrue(few.getMessage().startsWith("8 normal images held out"), few.getMessage());
    }

    @Test
    void aTimeIsANumberOfEpochsAndResumingKeepsIt() throws IOException {
        Path state = home.resolve("timed-state");
        Heard heard;
        Duration time = Duration.ofMillis(500);
        do {
            time = time.multipliedBy(2);
            Heard first = new Heard(1);
            RlrTraining timed = training("timed", first).time(time).checkpoint(state, 1000);
            assertThrows(CancelledException.class, timed::run);
            heard = first;
        } while (heard.estimate.epochs() < 2);
        int epochs = heard.estimate.epochs();
        assertNotNull(heard.estimate.remaining());
        Heard fewer = new Heard(0);
        training("less", fewer).time(Duration.ofMillis(1)).run().close();
        assertEquals(1, fewer.estimate.epochs(), "at least one");

        Heard rest = new Heard(0);
        training("timed", rest).time(Duration.ofDays(1)).resume(state).run().close();
        assertEquals(epochs - 1, rest.losses.size());
        training("alone", new Heard(0)).settings(s -> s.epochs(epochs)).run().close();
        assertEquals(-1, Files.mismatch(home.resolve("alone"), home.resolve("timed")));
        assertEquals(epochs, ModelFile.info(home.resolve("timed")).training().epochs());
        assertThrows(
                ModelException.class,
                () -> training("timed", new Heard(0))
                        .settings(s -> s.epochs(epochs + 1))
                        .resume(state)
                        .run());
        assertThrows(InvalidSettingException.class, () -> RlrTraining.on(data).time(Duration.ZERO));
    }

    /** At such a high rate the loss sometimes rises. */
    @Test
    void patienceEndsATrainingAndResumingEndsItToo() throws IOException {
        Heard all = new Heard(0);
        try (Trained whole = patient("whole", all, null).run()) {
            List<Double> losses = all.losses;
            assertEquals(30, losses.size());
            int best = 0;
            int end = 0;
            while (end < losses.size() && end - best < 2) {
                end++;
                best = losses.get(end) < losses.get(best) ? end : best;
            }
            assertTrue(end < 29, losses.toString());
            int until = end + 1;

            Heard some = new Heard(0);
            Path state = home.resolve("patient-state");
            try (Trained trained =
                    patient("patient", some, 2).checkpoint(state, 1000).run()) {
                assertEquals(losses.subList(0, until), some.losses);
                assertEquals(best + 1, trained.model().info().selection().epoch());
            }
            Heard again = new Heard(0);
            patient("again", again, 2).resume(state).run().close();
            assertEquals(List.of(), again.losses, "it had ended");
            assertEquals(-1, Files.mismatch(home.resolve("patient"), home.resolve("again")));

            Heard cut = new Heard(until - 1);
            assertThrows(
                    CancelledException.class,
                    () -> patient("cut", cut, 2).checkpoint(state, 1000).run());
            patient("cut", new Heard(0), 2).resume(state).run().close();
            assertEquals(-1, Files.mismatch(home.resolve("patient"), home.resolve("cut")));

            // bit-identical to the best of an uninterrupted training of that many epochs
            try (Trained short_ = patient("short", new Heard(0), null)
                            .settings(s -> s.epochs(until))
                            .run();
                    Trained trained = patient("patient", new Heard(0), 2).run()) {
                Map<String, float[]> expected =
                        short_.model().levels().get(0).parameters().stateDict();
                Map<String, float[]> actual =
                        trained.model().levels().get(0).parameters().stateDict();
                assertEquals(expected.keySet(), actual.keySet());
                expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
            }
        }
        InvalidSettingException e =
                assertThrows(InvalidSettingException.class, () -> new Validation(0.1, false, 3, null));
        assertEquals("Validation.patience", e.name());
        assertThrows(InvalidSettingException.class, () -> new Validation(0.1, true, 0, null));
        assertThrows(InvalidSettingException.class, () -> new Validation(0.1, true, null, 1.0));
        assertThrows(
                InvalidSettingException.class,
                () -> patient("x", new Heard(0), 2)
                        .testEvery(4)
                        .keepBestOnTest()
                        .run());
    }

    private static RlrTraining patient(String out, TrainingListener listener, Integer patience) {
        return training(out, listener)
                .recipe(Recipe.PUBLISHED)
                .settings(s -> s.epochs(30)
                        .batchSize(4)
                        .learningRate(0.02f)
                        .validation(new Validation(0.25, true, patience, null)));
    }
}
