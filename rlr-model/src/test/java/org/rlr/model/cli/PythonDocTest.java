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
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.ModelFile;
import org.rlr.tensor.io.Python;
import org.rlr.tensor.io.SafeTensorsFile;

/** The programs of {@code docs/how-to/python.md}, in order. */
class PythonDocTest {
    @TempDir
    private Path folder;

    private static String program(int number) throws IOException {
        List<String> programs = Pattern.compile("```python\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("..", "docs", "how-to", "python.md")))
                .results()
                .map((MatchResult each) -> each.group(1))
                .toList();
        assertEquals(2, programs.size());
        return programs.get(number);
    }

    @Test
    void theServiceAnswersAsDetectDoes() throws Exception {
        Python.assumeModules("requests");
        List<Path> images = TinyModel.images();
        Path json = folder.resolve("detected.json");
        CommandRun.succeeding(TinyModel.detect(TinyModel.model(), images, json));
        Path damaged = Files.write(folder.resolve("damaged.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G'});
        List<String> lines;
        try (ServiceRun run = ServiceRun.ofTinyModel()) {
            List<Object> arguments =
                    new ArrayList<>(List.of(run.service.address().toString().replaceFirst("/$", "")));
            arguments.addAll(images);
            arguments.add(damaged);
            lines = Python.run(program(0), arguments.toArray()).lines().toList();
        }
        assertEquals(images.size() + 1, lines.size());
        int at = 0;
        for (JsonElement each : JsonParser.parseString(Files.readString(json)).getAsJsonArray()) {
            JsonObject ours = each.getAsJsonObject();
            String expected = String.format(
                    Locale.ROOT,
                    "%s\t%.4f\t%s",
                    ours.get("path").getAsString(),
                    ours.get("score").getAsDouble(),
                    ours.get("anomalous").getAsBoolean() ? "anomalous" : "normal");
            assertEquals(expected, lines.get(at++));
        }
        String last = lines.get(at);
        assertTrue(last.startsWith(damaged + "\t") && last.split("\t").length == 3, last);
    }

    @Test
    void theTensorsOfAModelAreThere() throws IOException {
        Python.assumeModules("safetensors", "torch");
        List<String> lines = Python.run(program(1), TinyModel.model()).lines().toList();
        var info = ModelFile.info(TinyModel.model());
        assertEquals(1 + info.config().levels().size(), lines.size());
        assertTrue(lines.get(0).startsWith(info.config().backbone() + " [2, 3] ['"), lines.get(0));
        try (SafeTensorsFile file = SafeTensorsFile.open(TinyModel.model())) {
            for (int i = 0; i < info.config().levels().size(); i++) {
                String prefix = "level" + info.config().levels().get(i) + ".";
                List<String> names = file.names().stream()
                        .filter(name -> name.startsWith(prefix))
                        .toList();
                long values = names.stream()
                        .mapToLong(name -> file.readFloats(name).length)
                        .sum();
                assertEquals(info.config().levels().get(i) + " " + names.size() + " " + values, lines.get(1 + i));
            }
        }
    }
}
