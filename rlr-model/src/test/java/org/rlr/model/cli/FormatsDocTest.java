package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.io.SafeTensorsFile;

/** The pages on formats name every field of the files. */
class FormatsDocTest {
    private static final Path REFERENCE = Path.of("..", "docs", "reference");

    @TempDir
    private Path folder;

    /** What the page has in code style, piece by piece. */
    private static Set<String> named(String page) throws IOException {
        return Pattern.compile("`([^`\n]+)`")
                .matcher(Files.readString(REFERENCE.resolve(page)))
                .results()
                .flatMap((MatchResult each) -> Arrays.stream(each.group(1).split("[^\\w<>]+")))
                .collect(Collectors.toSet());
    }

    /** Adds the keys of a document, but for those that are names of classes. */
    private static void keys(JsonElement json, Set<String> keys) {
        if (json.isJsonArray()) {
            json.getAsJsonArray().forEach(each -> keys(each, keys));
        } else if (json.isJsonObject()) {
            json.getAsJsonObject().asMap().forEach((key, value) -> {
                keys.add(key);
                if (!key.equals("confusion") && !key.equals("perClass")) {
                    keys(value, keys);
                }
            });
        }
    }

    private static Set<String> keys(String json) {
        Set<String> keys = new TreeSet<>();
        keys(JsonParser.parseString(json), keys);
        return keys;
    }

    private static void assertNamed(Set<String> fields, String... pages) throws IOException {
        Set<String> missing = new TreeSet<>(fields);
        for (String page : pages) {
            missing.removeAll(named(page));
        }
        assertEquals(Set.of(), missing);
    }

    @Test
    void theFieldsOfResultsAreOnThePage() throws IOException {
        Path detected = folder.resolve("detected.json");
        Path evaluated = folder.resolve("evaluated.json");
        Path scorings = folder.resolve("scorings.json");
        CommandRun.succeeding(TinyModel.detect(TinyModel.model(), TinyModel.images(), detected));
        evaluate(evaluated);
        evaluate(scorings, "--smoothing", "0,4");
        Set<String> keys = new TreeSet<>();
        for (Path file : new Path[] {detected, evaluated, scorings}) {
            keys.addAll(keys(Files.readString(file)));
        }
        assertTrue(keys.containsAll(Set.of("unknown_product", "image_f1", "scorings")), keys.toString());
        assertNamed(keys, "formats.md");
    }

    private static void evaluate(Path json, Object... more) {
        Object[] args = {"evaluate", "--model", TinyModel.model(), "--data", TinyModel.data(), "--json", json};
        Object[] all = Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        CommandRun.succeeding(all);
    }

    @Test
    void theFieldsOfTrainingsAreOnThePage() throws IOException {
        Path model = folder.resolve("model.safetensors");
        Path summary = folder.resolve("summary.json");
        Path metrics = folder.resolve("metrics.csv");
        CommandRun.succeeding(
                TinyModel.train(TinyModel.data(), model, "--seeds", "1,2", "--summary", summary, "--metrics", metrics));
        assertNamed(keys(Files.readString(summary)), "formats.md");
        String header = Files.readAllLines(folder.resolve("metrics-seed1.csv")).get(0);
        assertNamed(
                Arrays.stream(header.split(","))
                        .map(column -> column.replaceFirst("level\\d+", "level<i>"))
                        .collect(Collectors.toSet()),
                "formats.md");
    }

    @Test
    void theFieldsOfTheModelFileAreOnThePage() throws IOException {
        Set<String> keys = keys(CommandRun.succeeding("info", "--json", "--model", TinyModel.model()));
        assertNamed(keys, "model-file.md", "formats.md");
        try (SafeTensorsFile file = SafeTensorsFile.open(TinyModel.model())) {
            assertNamed(file.metadata().keySet(), "model-file.md");
            Set<String> parts = file.names().stream()
                    .filter(name -> !name.startsWith("backbone."))
                    .flatMap(name -> Arrays.stream(name.replaceFirst("^(level|statistics)\\d+", "$1<i>")
                            .replaceFirst("layers\\.\\d+\\.(?:mca|nsa)", "layers")
                            .replaceFirst("layers\\.\\d+", "layers")
                            .replaceFirst("products\\.\\d+", "products")
                            .split("\\.")))
                    .collect(Collectors.toSet());
            assertTrue(parts.contains("ref_mca"), parts.toString());
            assertNamed(parts, "model-file.md");
        }
    }
}
