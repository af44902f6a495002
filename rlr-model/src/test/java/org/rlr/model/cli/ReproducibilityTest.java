package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.data.Images;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Detection;

/** The same seed gives the same file, and the same file gives the same scores, bit for bit. */
class ReproducibilityTest {
    @TempDir
    Path folder;

    @Test
    void theSameSeedGivesTheSameFileByteForByte() throws IOException {
        Path again = folder.resolve("again.safetensors");
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), again));
        assertEquals(-1, Files.mismatch(TinyModel.model(), again));

        Path other = folder.resolve("other.safetensors");
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), other, "--seed", "2"));
        assertNotEquals(-1, Files.mismatch(TinyModel.model(), other));
    }

    /**
     * Steps so large that attention soon needs the maximum of the logits in some parts of an image only; few heads, so
     * that each is split into several tasks.
     */
    @Test
    void theNumberOfThreadsChangesNoByteOfTheFile() throws IOException {
        Path one = trainedOn(1);
        for (int threads : new int[] {3, 5, 8}) {
            assertEquals(-1, Files.mismatch(one, trainedOn(threads)), threads + " threads");
        }
    }

    private Path trainedOn(int threads) {
        Path out = folder.resolve(threads + ".safetensors");
        CommandRun.succeeding(
                "train",
                "--recipe",
                "published",
                "--data",
                TinyModel.data(),
                "--out",
                out,
                "--backend",
                "cpu",
                "--threads",
                threads,
                "--image-size",
                64,
                "--levels",
                "2,3",
                "--width",
                32,
                "--heads",
                2,
                "--layers",
                1,
                "--lr",
                1e-2,
                "--batch-size",
                4,
                "--epochs",
                3);
        return out;
    }

    @Test
    void aCopiedModelGivesTheSameScoresBitForBit() throws IOException {
        Path copy = Files.createDirectories(folder.resolve("elsewhere/ünïcode name"))
                .resolve("m.bin");
        Files.copy(TinyModel.model(), copy);
        Path image = TinyModel.images().get(0);
        assertEquals(scores(TinyModel.model(), image), scores(copy, image, "--threads", "3"));
    }

    @Test
    void anImageIsScoredTheSameWhateverElseIs() throws IOException {
        List<Path> images = TinyModel.images().subList(0, 5);
        List<Object> backwards = new ArrayList<>();
        images.forEach(image -> backwards.add(0, image));
        Map<String, String> together = scores(TinyModel.model(), backwards.toArray());
        assertEquals(images.size(), together.size());
        for (Path image : images) {
            assertEquals(
                    together.get(image.toString()),
                    scores(TinyModel.model(), image).get(image.toString()));
        }
    }

    /** Returns the digits of the scores by path; JSON keeps every bit of a number. */
    private Map<String, String> scores(Path model, Object... more) throws IOException {
        Path json = folder.resolve("scores.json");
        List<Object> args = new ArrayList<>(List.of("detect", "--model", model, "--json", json));
        args.addAll(List.of(more));
        assertEquals(0, CommandRun.of(args.toArray()).code());
        Map<String, String> scores = new HashMap<>();
        for (JsonElement each : JsonParser.parseString(Files.readString(json)).getAsJsonArray()) {
            JsonObject entry = each.getAsJsonObject();
            scores.put(entry.get("path").getAsString(), entry.get("score").getAsString());
        }
        return scores;
    }

    @Test
    void manyThreadsMayUseOneDetector() throws Exception {
        List<Path> images = TinyModel.images().subList(0, 6);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (AnomalyDetector detector = AnomalyDetector.load(TinyModel.model())) {
            List<Detection> alone = images.stream().map(detector::detect).toList();
            List<Future<Detection>> together = new ArrayList<>();
            int rounds = 4;
            for (int i = 0; i < rounds * images.size(); i++) {
                Path image = images.get(i % images.size());
                boolean decoded = i % 2 == 0;
                together.add(threads.submit(() ->
                        decoded ? detector.detect(Images.read(image).toBufferedImage()) : detector.detect(image)));
            }
            for (int i = 0; i < together.size(); i++) {
                Detection expected = alone.get(i % images.size());
                Detection actual = together.get(i).get();
                assertEquals(expected.score(), actual.score());
                assertArrayEquals(expected.map(), actual.map());
            }
            assertNotEquals(alone.get(0).score(), alone.get(1).score());
            assertTrue(alone.get(0).mapHeight() == 64 && alone.get(0).mapWidth() == 64);
        } finally {
            threads.shutdownNow();
        }
        assertFalse(images.isEmpty());
    }
}
