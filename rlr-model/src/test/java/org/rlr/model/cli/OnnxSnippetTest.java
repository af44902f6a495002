package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.demo.DemoDataSet;
import org.rlr.tensor.io.Python;

/** The program of {@code docs/how-to/onnx.md} prints what {@code rlr detect} prints. */
class OnnxSnippetTest {
    @Test
    void thePythonProgramGivesScoresAndVerdictsOfDetect(@TempDir Path folder) throws IOException {
        Python.assumeModules("onnxruntime", "PIL", "numpy");
        Matcher block = Pattern.compile("```python\\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("..", "docs", "how-to", "onnx.md")));
        assertTrue(block.find(), "docs/how-to/onnx.md has no program");
        Path data = folder.resolve("data");
        // another size than the model's, so that both resize
        DemoDataSet.generate(data, 90, 2, 2, 1, 11, 2);
        Path model = folder.resolve("model.safetensors");
        Path onnx = folder.resolve("model.onnx");
        Path json = folder.resolve("detected.json");
        CommandRun.succeeding(TinyModel.train(data, model));
        CommandRun.succeeding("export", model, "--onnx", onnx);
        List<Path> images = DataLayouts.read(data).test().stream()
                .map(sample -> sample.image().file())
                .toList();
        CommandRun.succeeding(TinyModel.detect(model, images, json));
        List<Object> arguments = new ArrayList<>(List.of(onnx));
        arguments.addAll(images);
        List<String> lines =
                Python.run(block.group(1), arguments.toArray()).lines().toList();
        assertEquals(images.size(), lines.size());
        int at = 0;
        for (JsonElement each : JsonParser.parseString(Files.readString(json)).getAsJsonArray()) {
            JsonObject ours = each.getAsJsonObject();
            String[] theirs = lines.get(at++).split("\t");
            assertEquals(ours.get("path").getAsString(), theirs[0]);
            assertEquals(ours.get("score").getAsDouble(), Double.parseDouble(theirs[1]), 1.5e-4);
            assertEquals(ours.get("anomalous").getAsBoolean() ? "anomalous" : "normal", theirs[2]);
        }
    }
}
