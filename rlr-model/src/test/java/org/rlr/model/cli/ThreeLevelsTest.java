package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.tensor.io.Python;

/** wide_resnet50_2 with three levels, trained by RLR, gives the same maps in PyTorch. */
class ThreeLevelsTest {
    private static final Path PEERS = Path.of("..", "rlr-bench", "peers");
    private static final int SIZE = 64;

    @TempDir
    Path folder;

    @Test
    void whatWasTrainedGivesPyTorchsMaps() throws IOException {
        Python.assumeModules("torch", "timm", "PIL");
        String program = Files.readString(Path.of("src", "test", "resources", "python", "exported_maps.py"));
        Path weights = folder.resolve("backbone.pth");
        Path model = folder.resolve("model.safetensors");
        Path checkpoint = folder.resolve("checkpoint.pth");
        Path maps = folder.resolve("maps.bin");
        Python.run(program, "weights", "wide_resnet50_2", weights);
        CommandRun.succeeding(
                "train",
                "--recipe",
                "published",
                "--data",
                TinyModel.data(),
                "--out",
                model,
                "--backbone",
                "wide_resnet50_2",
                "--weights",
                weights,
                "--levels",
                "1,2,3",
                "--image-size",
                SIZE,
                "--width",
                "16",
                "--layers",
                "2",
                "--epochs",
                "2",
                "--batch-size",
                "4",
                "--lr",
                "1e-3");
        CommandRun.succeeding("export", model, "--out", checkpoint);
        List<Path> images = TinyModel.images();
        List<Object> args =
                new ArrayList<>(List.of("maps", PEERS, "wide_resnet50_2", weights, checkpoint, "1,2,3", SIZE, maps));
        args.addAll(images);
        Python.run(program, args.toArray());
        FloatBuffer expected = ByteBuffer.wrap(Files.readAllBytes(maps))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        assertEquals(images.size() * SIZE * SIZE, expected.remaining());
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        try (AnomalyDetector detector = AnomalyDetector.load(model)) {
            for (Path image : images) {
                for (float actual : detector.detect(image).map()) {
                    float value = expected.get();
                    assertEquals(value, actual, 1e-4 * value, image.toString());
                    least = Math.min(least, value);
                    most = Math.max(most, value);
                }
            }
        }
        assertTrue(most > 1.1 * least, "the maps are flat: " + least + " to " + most);
    }
}
