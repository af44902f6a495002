package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.Images;
import org.rlr.model.data.Sample;
import org.rlr.model.demo.DemoDataSet;
import picocli.CommandLine;

/** Every command on good input. */
class CommandsTest {
    private static final List<String> METRICS =
            List.of("image_auroc", "image_ap", "image_f1max", "pixel_auroc", "pixel_ap", "pixel_f1max", "aupro");

    @TempDir
    Path folder;

    /** Each option is listed once; the most important ones come first, without a heading. */
    @Test
    void manyOptionsAreUnderHeadings() {
        for (String command : List.of("train", "evaluate", "detect", "import", "ablate", "threshold")) {
            String help = CommandRun.succeeding(command, "--help");
            CommandLine line = new CommandLine(new Main()).getSubcommands().get(command);
            line.getCommandSpec().options().forEach(option -> {
                String name = option.longestName().replaceFirst("^--(no-)?", option.negatable() ? "--[no-]" : "--$1");
                assertEquals(
                        1,
                        help.lines()
                                .filter(each -> each.matches("  (-\\w,|   ) " + Pattern.quote(name) + "([= \\[].*)?"))
                                .count(),
                        command + " " + name);
            });
            assertTrue(help.lines().anyMatch("Computing:"::equals), help);
        }
        String help = CommandRun.succeeding("train", "--help");
        assertEquals(
                List.of("--data", "--out", "--backbone", "--epochs", "--image-size", "--time"),
                help.substring(0, help.indexOf("Images:"))
                        .lines()
                        .filter(each -> each.startsWith("      --"))
                        .map(each -> each.strip().replaceFirst("=.*", ""))
                        .toList());
    }

    @Test
    void trainSaysWhatItTrainedAndWhereItWroteIt() {
        Path model = folder.resolve("model.safetensors");
        String out = CommandRun.succeeding(TinyModel.train(TinyModel.data().resolve("fabric"), model));
        assertTrue(
                out.contains("2 normal images of 1 class")
                        && out.contains("scattering")
                        && out.contains(model.toString()),
                out);
        assertTrue(Files.isRegularFile(model));
    }

    @Test
    void infoTellsSettingsClassesAndThreshold() {
        String out = CommandRun.succeeding("info", "--model", TinyModel.model());
        for (String expected : List.of(
                "scattering",
                "64×64",
                "[2, 3]",
                "width 16",
                "1 layer,",
                "8 images of 4 classes: "
                        + String.join(
                                ", ", DemoDataSet.classes().stream().sorted().toList()),
                "1 epoch, batch",
                "seed 3407",
                "threshold")) {
            assertTrue(out.contains(expected), expected + " is not in " + out);
        }
    }

    @Test
    void evaluateWritesTableJsonAndAPictureOfEveryTestImage() throws IOException {
        Path json = folder.resolve("deep/metrics.json");
        Path pictures = folder.resolve("pictures");
        String out = CommandRun.succeeding(
                "evaluate",
                "--model",
                TinyModel.model(),
                "--data",
                TinyModel.data(),
                "--json",
                json,
                "--out",
                pictures,
                "--report",
                folder.resolve("report.html"));
        String page = Files.readString(folder.resolve("report.html"));
        assertTrue(
                page.contains("rlr evaluate --model model.safetensors --data data --layout mvtec")
                        && page.contains("<h3 id='class-0'>capsules</h3>"),
                "the report");

        JsonObject root = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertEquals(List.of("classes", "mean", "recognition"), List.copyOf(root.keySet()));
        List<String> withName = new ArrayList<>(List.of("name"));
        withName.addAll(METRICS);
        double sum = 0;
        List<String> names = new ArrayList<>();
        for (JsonElement each : root.getAsJsonArray("classes")) {
            JsonObject row = each.getAsJsonObject();
            assertEquals(withName, List.copyOf(row.keySet()));
            names.add(row.get("name").getAsString());
            for (String metric : METRICS) {
                double value = row.get(metric).getAsDouble();
                assertTrue(value >= 0 && value <= 1, metric + " is " + value);
            }
            sum += row.get("image_auroc").getAsDouble();
        }
        assertEquals(DemoDataSet.classes().stream().sorted().toList(), names);
        JsonObject mean = root.getAsJsonObject("mean");
        assertEquals(METRICS, List.copyOf(mean.keySet()));
        assertEquals(sum / names.size(), mean.get("image_auroc").getAsDouble(), 1e-12);
        for (String name : names) {
            assertTrue(out.lines().anyMatch(line -> line.startsWith(name)), out);
        }
        String tableMean =
                out.lines().filter(line -> line.startsWith("mean")).findFirst().orElseThrow();
        assertTrue(
                tableMean.contains(String.format(
                        Locale.ROOT, "%.1f", 100 * mean.get("image_auroc").getAsDouble())),
                tableMean);

        List<Sample> samples = DataLayouts.read(TinyModel.data()).test();
        for (Sample sample : samples) {
            String stem = sample.image().name();
            ImageSize size = Images.size(pictures.resolve(sample.className())
                    .resolve(sample.defect())
                    .resolve(stem));
            assertTrue(size.width() > 3 * 64 - 1 && size.height() >= 64, size.toString());
        }
        assertEquals(samples.size(), files(pictures));
    }

    @Test
    void detectWritesALineAnEntryAndAPictureForEveryImage() throws IOException {
        Path single = TinyModel.images().get(0);
        Path several = TinyModel.images().get(TinyModel.images().size() - 1).getParent();
        List<Path> expected = new ArrayList<>(List.of(single));
        expected.addAll(Images.list(several));
        Path json = folder.resolve("found.json");
        Path pictures = folder.resolve("pictures");
        String out = CommandRun.of(
                        "detect", "--model", TinyModel.model(), single, several, "--json", json, "--out", pictures)
                .out();

        List<String> lines = out.lines().toList();
        JsonArray entries = JsonParser.parseString(Files.readString(json)).getAsJsonArray();
        assertEquals(expected.size(), lines.size(), out);
        assertEquals(expected.size(), entries.size());
        for (int i = 0; i < lines.size(); i++) {
            JsonObject entry = entries.get(i).getAsJsonObject();
            assertEquals(
                    List.of("path", "score", "normalized_score", "anomalous", "threshold", "class", "unknown_product"),
                    List.copyOf(entry.keySet()));
            double score = entry.get("score").getAsDouble();
            boolean anomalous = score > entry.get("threshold").getAsDouble();
            assertEquals(anomalous, entry.get("anomalous").getAsBoolean());
            assertEquals(expected.get(i).toString(), entry.get("path").getAsString());
            assertEquals(
                    String.format(
                            Locale.ROOT,
                            "%s\t%.4f\t%s\t%s",
                            expected.get(i),
                            score,
                            anomalous ? "anomalous" : "normal",
                            entry.get("class").getAsString()),
                    lines.get(i));
        }
        assertEquals(expected.size(), files(pictures));
        try (Stream<Path> written = Files.list(pictures)) {
            written.forEach(Images::read);
        }
    }

    @Test
    void backbonesAndDevicesListWhatThereIs() {
        String backbones = CommandRun.succeeding("backbones");
        assertEquals(1 + Backbones.names().size(), backbones.lines().count());
        assertTrue(backbones.contains("tf_efficientnet_b6") && backbones.contains("scattering"), backbones);
        String devices = CommandRun.succeeding("devices");
        assertTrue(devices.lines().anyMatch(line -> line.startsWith("cpu")), devices);
    }

    @Test
    void everyCommandHasHelp() {
        for (String command : List.of(
                "train",
                "evaluate",
                "detect",
                "threshold",
                "ablate",
                "info",
                "data",
                "data check",
                "import",
                "export",
                "weights",
                "backbones",
                "devices",
                "demo")) {
            String help = CommandRun.succeeding((Object[]) (command + " --help").split(" "));
            assertTrue(help.contains("Usage: rlr " + command), help);
        }
    }

    private static long files(Path root) throws IOException {
        try (Stream<Path> walk = Files.walk(root)) {
            return walk.filter(Files::isRegularFile).count();
        }
    }
}
