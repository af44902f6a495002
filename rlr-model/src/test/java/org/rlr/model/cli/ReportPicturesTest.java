package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pictures of the worst images in the page of {@code rlr evaluate --report}. */
class ReportPicturesTest {
    private static final Pattern PICTURE = Pattern.compile("<img alt='([^']*)' src='data:image/jpeg;base64,([^']*)'>");

    @TempDir
    Path folder;

    private String table;

    /** Returns a picture of the page. */
    private record Picture(String alt, BufferedImage image) {}

    private List<Picture> pictures(Object... options) throws IOException {
        Path report = folder.resolve("report.html");
        List<Object> args = new ArrayList<>(
                List.of("evaluate", "--model", TinyModel.model(), "--data", TinyModel.data(), "--report", report));
        args.addAll(List.of(options));
        table = CommandRun.succeeding(args.toArray());
        List<Picture> pictures = new ArrayList<>();
        Matcher matcher = PICTURE.matcher(page());
        while (matcher.find()) {
            pictures.add(new Picture(
                    matcher.group(1),
                    ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(matcher.group(2))))));
        }
        assertEquals(page().split("<img", -1).length - 1, pictures.size(), "every picture is in the page");
        return pictures;
    }

    private String page() throws IOException {
        return Files.readString(folder.resolve("report.html"));
    }

    private static List<Picture> named(List<Picture> all, String beginning) {
        return all.stream().filter(each -> each.alt.startsWith(beginning)).toList();
    }

    @Test
    void featuresReconstructionAndReferenceStandBelowEachOverlay() throws IOException {
        List<Picture> plain = pictures("--pictures", "map");
        assertEquals(
                plain.size(),
                named(plain, "image, true defect and anomaly map of ").size());
        assertFalse(page().contains("reconstruction"));
        int images = plain.size();
        String expected = table;
        List<Picture> more = pictures("--pictures", "features");
        assertEquals(expected, table, "the kind of pictures does not change the metrics");
        assertEquals(images * (1 + 2 * 3), more.size(), "two levels");
        for (String each : List.of(
                "image, true defect and anomaly map of ", "stride 8, features of ", "stride 16, features of ")) {
            assertEquals(images, named(more, each).size(), each);
        }
        assertEquals(2 * images, named(more, "reconstruction of ").size());
        assertEquals(2 * images, named(more, "reference of ").size());
        for (Picture each : named(more, "stride 8, features of ")) {
            assertEquals(256, each.image.getWidth());
            assertTrue(colors(each.image) > 50, each.alt);
        }
        // in the order of the page: the image first, then its pictures
        String file = more.get(0).alt.substring(more.get(0).alt.lastIndexOf(' '));
        assertTrue(more.subList(1, 7).stream().allMatch(each -> each.alt.endsWith(" of" + file)), file);
        assertTrue(
                page().contains("false colours") && page().contains("--pictures features"),
                "the explanation, and the command");
    }

    private static long colors(BufferedImage image) {
        return Arrays.stream(image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
                .distinct()
                .count();
    }

    @Test
    void aDecoderDrawsThem() throws IOException {
        Path decoder = folder.resolve("decoder.safetensors");
        CommandRun.succeeding(
                "decoder",
                "train",
                "--model",
                TinyModel.model(),
                "--data",
                TinyModel.data().resolve("fabric"),
                "--out",
                decoder,
                "--epochs",
                "1",
                "--batch-size",
                "2");
        List<Picture> more = pictures("--decoder", decoder);
        int images = named(more, "image, true defect and anomaly map of ").size();
        assertEquals(images * (1 + 3), more.size());
        for (String each : List.of("decoded features of ", "reconstruction of ", "reference of ")) {
            assertEquals(images, named(more, each).size(), each);
            assertTrue(named(more, each).stream().allMatch(p -> colors(p.image) > 50), each);
        }
        assertTrue(
                page().contains("--decoder decoder.safetensors") && !page().contains(folder.toString()),
                "no file path of the machine");
    }

    @Test
    void whatIsMissingIsSaidFirst() {
        Path report = folder.resolve("r.html");
        CommandRun.of("evaluate", "--model", TinyModel.model(), "--data", TinyModel.data(), "--pictures", "features")
                .assertFailure("--pictures features", "--report FILE");
        CommandRun.of(
                        "evaluate",
                        "--model",
                        TinyModel.model(),
                        "--data",
                        TinyModel.data(),
                        "--out",
                        folder.resolve("p"),
                        "--pictures",
                        "features")
                .assertFailure("--report FILE");
        CommandRun.of(
                        "evaluate",
                        "--model",
                        TinyModel.model(),
                        "--data",
                        TinyModel.data(),
                        "--report",
                        report,
                        "--pictures",
                        "decoder")
                .assertFailure("--decoder", "--pictures features");
        CommandRun.of(
                        "evaluate",
                        "--model",
                        TinyModel.model(),
                        "--data",
                        TinyModel.data(),
                        "--report",
                        report,
                        "--decoder",
                        TinyModel.model())
                .assertFailure(TinyModel.model(), "not a feature decoder");
        assertFalse(Files.exists(report));
    }
}
