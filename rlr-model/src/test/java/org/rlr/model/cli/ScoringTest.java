package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Scoring;
import org.rlr.model.data.Images;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** Levels, weights and smoothing: compared without training, saved in a model, applied by every command. */
class ScoringTest {
    private static final Scoring OTHER = new Scoring(List.of(2, 3), List.of(1.0, 0.25), 1.5);

    @TempDir
    Path folder;

    private Path model;
    private Path json;

    @BeforeEach
    void copyAModel() throws IOException {
        model = Files.copy(TinyModel.model(), folder.resolve("model.safetensors"));
        json = folder.resolve("metrics.json");
    }

    private JsonObject evaluated(Path of, Object... more) throws IOException {
        List<Object> args =
                new ArrayList<>(List.of("evaluate", "--model", of, "--data", TinyModel.data(), "--json", json));
        args.addAll(List.of(more));
        CommandRun.succeeding(args.toArray());
        JsonObject result = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertTrue(result.has("recognition"), result.toString());
        result.remove("recognition"); // depends on the thresholds, which differ
        return result;
    }

    @Test
    void oneThatIsComparedHasTheMetricsThatItHasAlone() throws IOException {
        String out = CommandRun.succeeding(
                "evaluate",
                "--model",
                model,
                "--data",
                TinyModel.data(),
                "--json",
                json,
                "--score-levels",
                "2,3",
                "--score-levels",
                "3",
                "--score-levels",
                "3=0.25,2=1",
                "--smoothing",
                "4,0,1.5");
        JsonArray rows =
                JsonParser.parseString(Files.readString(json)).getAsJsonObject().getAsJsonArray("scorings");
        List<String> levels = List.of("2,3", "3", "2=1,3=0.25");
        List<String> smoothings = List.of("4", "0", "1.5");
        assertEquals(9, rows.size());
        List<String> lines = out.lines().toList();
        assertEquals(10, lines.size(), out);
        for (int i = 0; i < 9; i++) {
            JsonObject row = rows.get(i).getAsJsonObject();
            JsonObject alone =
                    evaluated(model, "--score-levels", levels.get(i / 3), "--smoothing", smoothings.get(i % 3));
            assertEquals(alone.get("classes"), row.get("classes"), lines.get(i + 1));
            assertEquals(alone.get("mean"), row.get("mean"), lines.get(i + 1));
            assertTrue(lines.get(i + 1).matches(levels.get(i / 3) + " +" + smoothings.get(i % 3) + " .*"), out);
            assertTrue(
                    lines.get(i + 1)
                            .endsWith(String.format(
                                    java.util.Locale.ROOT,
                                    "%.1f",
                                    100
                                            * row.getAsJsonObject("mean")
                                                    .get("aupro")
                                                    .getAsDouble())),
                    out);
        }
        assertEquals(
                evaluated(model).get("classes"),
                rows.get(0).getAsJsonObject().get("classes"),
                "the first is the model's own");
        assertEquals("[2,3]", rows.get(8).getAsJsonObject().get("levels").toString());
        assertEquals("[1.0,0.25]", rows.get(8).getAsJsonObject().get("weights").toString());
        assertEquals(1.5, rows.get(8).getAsJsonObject().get("smoothing").getAsDouble());
        // levels affect pixel metrics; smoothing affects image metrics only
        assertNotEquals(mean(rows, 0, "pixel_auroc"), mean(rows, 3, "pixel_auroc"));
        for (String pixels : List.of("pixel_auroc", "pixel_ap", "pixel_f1max", "aupro")) {
            assertEquals(mean(rows, 0, pixels), mean(rows, 1, pixels));
        }
        assertTrue(
                List.of(mean(rows, 1, "image_auroc"), mean(rows, 2, "image_auroc"), mean(rows, 4, "image_auroc"))
                        .stream()
                        .anyMatch(each -> each != mean(rows, 0, "image_auroc")));
    }

    private static double mean(JsonArray rows, int row, String metric) {
        return rows.get(row)
                .getAsJsonObject()
                .getAsJsonObject("mean")
                .get(metric)
                .getAsDouble();
    }

    @Test
    void aThresholdKeepsTheScoringThatItBelongsToAndDetectAppliesIt() throws IOException {
        Path image = TinyModel.images().get(0);
        AnomalyMap expected;
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
                RlrModel loaded = ModelFile.load(model, backend)) {
            expected = new AnomalyScorer(loaded).with(OTHER).score(Images.read(image));
            assertNotEquals(
                    expected.imageScore(),
                    new AnomalyScorer(loaded).score(Images.read(image)).imageScore());
        }
        String text = CommandRun.succeeding(
                "threshold",
                "--model",
                model,
                "--data",
                TinyModel.data(),
                "--f1-max",
                "--score-levels",
                "2=1,3=0.25",
                "--smoothing",
                "1.5");
        assertTrue(text.contains("thresholds saved, with their scoring"), text);
        ModelInfo info = ModelFile.info(model);
        assertEquals(OTHER, info.scoring());
        assertEquals(0, info.scores().images(), "the training images have no scores of this scoring");
        assertTrue(
                info.scores().mapMax() > info.scores().mapMin() && info.scores().mapMin() > 0);
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            assertEquals(expected.imageScore(), detector.detect(image).score());
            assertEquals(
                    info.thresholds().common().value(), detector.detect(image).threshold());
            assertEquals(expected.values()[17], detector.detect(image).map()[17]);
            assertEquals(
                    expected.imageScore(),
                    detector.scorer().examine(Images.read(image)).map().imageScore(),
                    1e-6 * expected.imageScore());
        }
        assertEquals(
                evaluated(TinyModel.model(), "--score-levels", "2=1,3=0.25", "--smoothing", "1.5"), evaluated(model));
        String described = CommandRun.succeeding("info", "--model", model);
        assertTrue(
                described.contains("levels 2=1,3=0.25, smoothing 1.5 pixels") && !described.contains("training scores"),
                described);
        assertFalse(CommandRun.succeeding("info", "--model", TinyModel.model()).contains("smoothing"));
        // a report uses the model's own scoring
        Path report = folder.resolve("report.html");
        CommandRun.succeeding(
                "evaluate",
                "--model",
                model,
                "--data",
                TinyModel.data(),
                "--report",
                report,
                "--out",
                folder.resolve("pictures"));
        assertTrue(Files.readString(report).contains("scoring: smoothing"));
        CommandRun.of("evaluate", "--model", model, "--data", TinyModel.data(), "--report", report, "--smoothing", "4")
                .assertFailure("--report", "smoothing 1.5", "rlr threshold");
        // without the options the scoring stays
        CommandRun.succeeding("threshold", "--model", model, "--data", TinyModel.data(), "--recall", "1");
        assertEquals(OTHER, ModelFile.info(model).scoring());
        assertEquals(info.scores(), ModelFile.info(model).scores());
    }

    @Test
    void trainedWithItAModelHasItsStatisticsAndItsDescriptionGivesItsBytes() throws IOException {
        Path scored = folder.resolve("scored.safetensors");
        CommandRun.succeeding(
                TinyModel.train(TinyModel.data(), scored, "--score-levels", "2=1,3=0.25", "--smoothing", "1.5"));
        ModelInfo info = ModelFile.info(scored);
        assertEquals(OTHER, info.scoring());
        ScoreStatistics usual = ModelFile.info(model).scores();
        assertEquals(8, info.scores().images());
        assertNotEquals(usual.mean(), info.scores().mean());
        // training is the same, so the same scoring gives the same model
        assertEquals(evaluated(model, "--score-levels", "2=1,3=0.25", "--smoothing", "1.5"), evaluated(scored));
        assertEquals(evaluated(model), evaluated(scored, "--score-levels", "2,3", "--smoothing", "4"));
        Path config = folder.resolve("config.json");
        Path again = folder.resolve("again.safetensors");
        Files.writeString(config, CommandRun.succeeding("info", "--json", "--model", scored));
        CommandRun.succeeding("train", "--config", config, "--data", TinyModel.data(), "--out", again);
        assertEquals(-1, Files.mismatch(scored, again));
        CommandRun.succeeding(
                "train",
                "--config",
                config,
                "--data",
                TinyModel.data(),
                "--out",
                again,
                "--score-levels",
                "2,3",
                "--smoothing",
                "4");
        assertEquals(-1, Files.mismatch(model, again));
        CommandRun.of("train", "--config", config, "--data", TinyModel.data(), "--out", again, "--levels", "3")
                .assertFailure("no level 2", "--score-levels");
        Files.writeString(config, CommandRun.succeeding("info", "--json", "--model", model));
        CommandRun.succeeding("train", "--config", config, "--data", TinyModel.data(), "--out", again, "--levels", "3");
        assertEquals(List.of(3), ModelFile.info(again).scoring().levels(), "the published scoring fits any levels");
    }

    @Test
    void aTrainingIsGoneOnWithByTheSameScoringAlone() throws IOException {
        Path state = folder.resolve("state");
        Object[] args = TinyModel.train(TinyModel.data(), model, "--checkpoint-every", "1", "--checkpoint", state);
        CommandRun.succeeding(args);
        assertFalse(
                new String(Files.readAllBytes(state), StandardCharsets.ISO_8859_1).contains("scoring"),
                "as in checkpoints from before scorings existed");
        Object[] more = TinyModel.train(TinyModel.data(), model, "--resume", state, "--smoothing", "2");
        CommandRun.of(more).assertFailure(state, "the scoring (as published then");
        more = TinyModel.train(TinyModel.data(), model, "--resume", state, "--smoothing", "4");
        more[Arrays.asList(more).indexOf("--epochs") + 1] = "2";
        CommandRun.succeeding(more);
    }

    /** A file from before scorings existed has the published one. */
    @Test
    void olderModelsLoad() throws IOException {
        String text = Files.readString(model, StandardCharsets.ISO_8859_1);
        assertTrue(text.contains("\\\"scoring\\\""));
        Files.writeString(model, text.replace("\\\"scoring\\\"", "\\\"sc0ring\\\""), StandardCharsets.ISO_8859_1);
        assertEquals(
                new Scoring(List.of(2, 3), List.of(1.0, 1.0), 4),
                ModelFile.info(model).scoring());
        assertEquals(ModelFile.info(TinyModel.model()), ModelFile.info(model));
    }

    @Test
    void ablationsScoreAsToldTo() throws IOException {
        Path data = TinyModel.data().resolve("fabric");
        List<Object> args = new ArrayList<>(List.of(
                "ablate", "--data", data, "--blocks", "mca", "--seeds", "1", "--score-levels", "3", "--json", json));
        args.addAll(TinyModel.OPTIONS);
        CommandRun.succeeding(args.toArray());
        double ablated = JsonParser.parseString(Files.readString(json))
                .getAsJsonObject()
                .getAsJsonArray("sets")
                .get(0)
                .getAsJsonObject()
                .getAsJsonObject("mean")
                .get("pixel_auroc")
                .getAsDouble();
        Path alone = folder.resolve("alone.safetensors");
        CommandRun.succeeding(TinyModel.train(data, alone, "--blocks", "mca"));
        CommandRun.succeeding("evaluate", "--model", alone, "--data", data, "--json", json, "--score-levels", "3");
        assertEquals(
                JsonParser.parseString(Files.readString(json))
                        .getAsJsonObject()
                        .getAsJsonObject("mean")
                        .get("pixel_auroc")
                        .getAsDouble(),
                ablated);
    }

    @Test
    void whatCannotBeIsRefusedByValue() throws IOException {
        Object[] evaluate = {"evaluate", "--model", model, "--data", TinyModel.data()};
        record Wrong(List<String> options, List<String> mentions) {}
        for (Wrong wrong : List.of(
                new Wrong(List.of("--score-levels", "4"), List.of("no level 4", "[2, 3]")),
                new Wrong(List.of("--score-levels", "2,x"), List.of("'x'", "2=1,3=0.5")),
                new Wrong(List.of("--score-levels", "2=0"), List.of("weight 0.0", "above 0")),
                new Wrong(List.of("--score-levels", "2=-1"), List.of("'2=-1'")),
                new Wrong(List.of("--score-levels", "2,2"), List.of("[2, 2]", "each once")),
                new Wrong(List.of("--smoothing", "-1"), List.of("--smoothing is -1.0")),
                new Wrong(List.of("--smoothing", "NaN"), List.of("--smoothing is NaN")),
                new Wrong(List.of("--smoothing", "2,2"), List.of("given twice")),
                new Wrong(List.of("--smoothing", "2,4", "--out", "pictures"), List.of("--out", "2")),
                new Wrong(List.of("--smoothing", "2,4", "--report", "r.html"), List.of("--report")))) {
            List<Object> args = new ArrayList<>(Arrays.asList(evaluate));
            args.addAll(wrong.options);
            CommandRun.of(args.toArray()).assertFailure(wrong.mentions.toArray());
        }
        CommandRun.of("threshold", "--model", model, "--data", TinyModel.data(), "--f1-max", "--smoothing", "2,4")
                .assertFailure("[2.0, 4.0]", "rlr evaluate");
        CommandRun.of(TinyModel.train(TinyModel.data(), model, "--score-levels", "2", "--score-levels", "3"))
                .assertFailure("2 and 3", "rlr evaluate");
        assertEquals(-1, Files.mismatch(TinyModel.model(), model));
    }
}
