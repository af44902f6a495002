package org.rlr.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.example.InspectionTraining;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Threshold;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Sample;
import org.rlr.model.demo.DemoDataSet;
import org.rlr.model.eval.Evaluator;
import org.rlr.model.eval.Metric;
import org.rlr.model.eval.Thresholding;
import org.rlr.model.train.RlrTraining;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** Compiles and runs the code of the page on training from Java. */
class TrainingFromJavaTest {
    private static final Path PAGE = Path.of("../docs/how-to/training-from-java.md");

    @TempDir
    private Path folder;

    /** Images in memory, by product and kind. */
    private static final class Database implements InspectionTraining.Images {
        private final Map<String, List<String>> ids = new TreeMap<>();
        private final Map<String, byte[]> contents = new HashMap<>();

        void add(String product, String kind, Sample sample) throws IOException {
            String id = product + "/" + kind + "/" + contents.size();
            ids.computeIfAbsent(product + kind, key -> new ArrayList<>()).add(id);
            contents.put(id, sample.image().content());
        }

        @Override
        public List<String> ids(String product, String kind) {
            return ids.getOrDefault(product + kind, List.of());
        }

        @Override
        public InputStream open(String id) {
            return new ByteArrayInputStream(contents.get(id));
        }
    }

    private InspectionTraining.Images database() throws IOException {
        DemoDataSet.generate(folder.resolve("data"), 64, 5, 2, 2, 11, 2);
        Database database = new Database();
        DataSet drawn = DataLayouts.read(folder.resolve("data"));
        for (int i = 0; i < drawn.train().size(); i++) {
            Sample sample = drawn.train().get(i);
            database.add(sample.className(), i % 5 < 3 ? "normal" : "held-out", sample);
        }
        for (Sample sample : drawn.test()) {
            database.add(sample.className(), sample.anomalous() ? "scratch" : "tested", sample);
        }
        return database;
    }

    @Test
    void theClassOfThePageTrainsIsCancelledAndResumes() throws IOException {
        InspectionTraining training = new InspectionTraining(database());
        DataSet data = training.data(List.of("capsules", "fabric"));
        Path model = folder.resolve("model.safetensors");
        double auroc;
        try (Logged log = Logged.by(RlrTraining.class)) {
            auroc = training.train(data, model, () -> false)
                    .mean(Metric.IMAGE_AUROC)
                    .getAsDouble();
            assertEquals(11, log.messages().size(), log.messages().toString());
            assertEquals("the training begins", log.messages().get(0));
            String last = log.messages().get(10);
            assertTrue(last.matches("epoch 10 of 10: loss [0-9.]+, [0-9.e+]+ images per second"), last);
        }
        assertTrue(auroc > 0.5 && auroc <= 1, auroc + "");
        ModelInfo info = ModelFile.info(model);
        assertEquals(Threshold.Rule.FALSE_ALARM_RATE, info.thresholds().common().rule());
        assertEquals(4, info.thresholds().common().normal());
        assertEquals(6, info.images());
        byte[] left = Files.readAllBytes(model);
        List<ImageSource> held = data.validation().stream().map(Sample::image).toList();
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS);
                RlrModel loaded = ModelFile.load(model, backend)) {
            assertEquals(
                    info.thresholds().common(),
                    Thresholding.falseAlarmRate(0.2)
                            .of(loaded, held)
                            .info()
                            .thresholds()
                            .common());
            assertEquals(
                    List.of("capsules", "fabric"),
                    List.copyOf(Thresholding.recall(0.5)
                            .withClasses()
                            .of(loaded, data)
                            .info()
                            .thresholds()
                            .perClass()
                            .keySet()));
            assertThrows(
                    IllegalArgumentException.class, () -> Thresholding.bestF1().of(loaded, held));
            Thread.currentThread().interrupt();
            assertThrows(CancelledException.class, () -> Thresholding.bestF1().of(loaded, data));
            assertThrows(CancelledException.class, () -> new Evaluator(loaded).evaluate(data));
            assertTrue(Thread.interrupted());
        }

        Path other = folder.resolve("other.safetensors");
        Path state = folder.resolve("other.safetensors.checkpoint");
        int[] asked = {0};
        CancelledException cancelled =
                assertThrows(CancelledException.class, () -> training.train(data, other, () -> asked[0]++ > 12));
        assertTrue(cancelled.remedy().contains("`resume` " + state), cancelled.explanation());
        training.train(data, other, () -> false);
        assertArrayEquals(left, Files.readAllBytes(other));
        assertFalse(Files.exists(state));
    }

    @Test
    void theJavaCodeOfThePageIsTested() throws IOException {
        String page = Files.readString(PAGE);
        String tested = Files.readString(Path.of("src/test/java/org/example/InspectionTraining.java"));
        Matcher java = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL).matcher(page);
        assertTrue(java.find());
        assertEquals(tested, java.group(1));
        assertFalse(java.find());
    }
}
