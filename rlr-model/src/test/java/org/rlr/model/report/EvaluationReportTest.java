package org.rlr.model.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.config.MapScale;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.Sample;
import org.rlr.model.data.TestImages;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.eval.ClassEvaluator;
import org.rlr.model.eval.ClassMetrics;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.eval.RecognitionResult;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class EvaluationReportTest {
    private static final int SIDE = 8;

    @TempDir
    Path folder;

    private final EvaluationRecord record = new EvaluationRecord(100);
    private final List<ClassMetrics> classes = new ArrayList<>();
    private int images;

    /**
     * Adds a class of images: {@code good:1.5} or a kind of defect and its score; defects have a mask if {@code masks}.
     */
    private void evaluated(String name, boolean masks, String... kindsAndScores) throws IOException {
        ClassEvaluator evaluator = new ClassEvaluator(name);
        for (String each : kindsAndScores) {
            String kind = each.split(":")[0];
            float score = Float.parseFloat(each.split(":")[1]);
            boolean defective = !kind.equals("good");
            Path image = TestImages.writeFlat(folder.resolve(images++ + ".png"), 20, 10, 0x406080 + images);
            Path mask =
                    defective && masks ? TestImages.writeFlat(folder.resolve(images + "_mask.png"), 20, 10, -1) : null;
            AnomalyMap map =
                    AnomalyMap.of(List.of(new AnomalyMap.Level(new float[] {0, 0, 0, score}, 2, 2)), SIDE, SIDE);
            boolean[] set = new boolean[SIDE * SIDE];
            set[SIDE * SIDE - 1] = true;
            evaluator.add(score, defective, map.values(), mask == null ? null : set, SIDE, SIDE);
            record.scored(
                    new Sample(image, mask == null ? List.of() : List.of(mask), name, kind, defective),
                    score,
                    defective,
                    map);
        }
        classes.add(evaluator.metrics());
        record.finished(evaluator);
    }

    private String page() {
        RlrConfig config = RlrConfig.published("scattering");
        ModelInfo info = ModelInfo.builder(config)
                .training(TrainingSettings.PUBLISHED)
                .classes(List.of("nut & bolt", "plain"))
                .images(7)
                .loss(1.25)
                .scores(new ScoreStatistics(7, 1, 0.5, 2, 2.5, 0, 3))
                .build();
        return new EvaluationReport(new EvaluationResult(classes), record, info, record.scale(3))
                .html("parts <1>", Map.of("program", "rlr test"));
    }

    @BeforeEach
    void twoClasses() throws IOException {
        evaluated(
                "nut & bolt", true, "good:1", "good:1.2", "good:2.7", "dent:2.4", "dent:4", "<crack>:2.6", "<crack>:5");
        evaluated("plain", false, "good:1", "good:1.1");
    }

    /** Parses the body as XML; this page's HTML is XML except for its head. */
    private static Element body(String page) {
        String body = page.substring(page.indexOf("<main>"), page.indexOf("</main>") + 7)
                .replaceAll("(<img [^>]*)>", "$1/>");
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(body)))
                    .getDocumentElement();
        } catch (Exception e) {
            throw new AssertionError("the page is not well formed", e);
        }
    }

    private static List<Element> elements(Element in, String tag, String classPart) {
        List<Element> found = new ArrayList<>();
        NodeList all = in.getElementsByTagName(tag);
        for (int i = 0; i < all.getLength(); i++) {
            Element each = (Element) all.item(i);
            if (List.of(each.getAttribute("class").split(" ")).contains(classPart) || classPart.isEmpty()) {
                found.add(each);
            }
        }
        return found;
    }

    private static List<String> texts(Element row) {
        List<String> texts = new ArrayList<>();
        for (Node child = row.getFirstChild(); child != null; child = child.getNextSibling()) {
            texts.add(child.getTextContent());
        }
        return texts;
    }

    @Test
    void thePageNeedsNothingElse() {
        String page = page();
        assertTrue(page.startsWith("<!DOCTYPE html>")
                && page.contains("charset='utf-8'")
                && page.contains("width=device-width")
                && page.contains("prefers-color-scheme: dark"));
        assertFalse(
                page.contains("<script") || page.contains("<link") || page.contains("@import") || page.contains("url("),
                "no external resources");
        Matcher address = Pattern.compile("(?:src|href)='([^']*)'").matcher(page);
        while (address.find()) {
            assertTrue(
                    address.group(1).startsWith("data:image/jpeg;base64,")
                            || address.group(1).startsWith("#class-"),
                    address.group(1));
        }
        assertFalse(page.contains(folder.toString()), "no paths of the machine");
        Element body = body(page);
        for (Element link : elements(body, "a", "")) {
            assertTrue(
                    elements(body, "h3", "").stream()
                            .anyMatch(h -> ("#" + h.getAttribute("id")).equals(link.getAttribute("href"))),
                    link.getTextContent());
        }
    }

    @Test
    void everyNumberOfTheTableIsThere() {
        Element body = body(page());
        Element table = elements(body, "table", "").get(0);
        List<List<String>> rows = elements(table, "tr", "").stream()
                .map(EvaluationReportTest::texts)
                .toList();
        assertEquals(
                List.of(
                        "class",
                        "image AUROC",
                        "image AP",
                        "image F1-max",
                        "pixel AUROC",
                        "pixel AP",
                        "pixel F1-max",
                        "AUPRO",
                        "good",
                        "defective"),
                rows.get(0));
        assertEquals(List.of("nut & bolt", "83.3", "88.8"), rows.get(1).subList(0, 3));
        assertEquals(List.of("3", "4"), rows.get(1).subList(8, 10));
        assertEquals(List.of("plain", "–", "–", "–", "–", "–", "–", "–", "2", "0"), rows.get(2));
        assertEquals("83.3", rows.get(3).get(1));
        assertTrue(body.getTextContent().contains("plain: no defective test images"), "gives the reason");
        assertTrue(body.getTextContent().contains("Evaluation: parts <1>"));
    }

    @Test
    void recallByKindOfDefectAtTheThreshold() {
        List<List<String>> rows = elements(
                        elements(body(page()), "table", "recall").get(0), "tr", "")
                .stream()
                .map(EvaluationReportTest::texts)
                .toList();
        assertEquals(
                List.of("dent", "", "1/2", "2/2"),
                rows.get(1),
                "2.4 lies below the threshold of 2.5, and is needed for the best F1");
        assertEquals(List.of("<crack>", "", "2/2", "2/2"), rows.get(2));
        assertEquals(List.of("good (false alarms)", "", "1/3", "1/3"), rows.get(3));
    }

    @Test
    void curvesRunFromCornerToCornerAndBarsCountEveryImage() {
        Element body = body(page());
        List<Element> charts = elements(body, "svg", "");
        assertEquals(6, charts.size());
        String roc = elements(charts.get(0), "path", "images").get(0).getAttribute("d");
        assertTrue(roc.startsWith("M38.0 204.0L") && roc.endsWith("L310.0 10.0"), roc);
        assertEquals(1, elements(charts.get(0), "path", "pixels").size());
        assertEquals(0, elements(charts.get(3), "path", "curve").size(), "no curve without defects");
        Map<String, Double> heights = new TreeMap<>();
        for (String kind : List.of("good", "defective")) {
            elements(charts.get(2), "rect", kind)
                    .forEach(bar -> heights.merge(kind, Double.parseDouble(bar.getAttribute("height")), Double::sum));
        }
        assertEquals(
                heights.get("good") / 3, heights.get("defective") / 4, 0.11, "heights are in proportion to the counts");
        assertEquals(1, elements(charts.get(2), "path", "threshold").size());
    }

    @Test
    void theWorstComeFirst() {
        List<String> captions = elements(body(page()), "figure", "thumb").stream()
                .map(Element::getTextContent)
                .toList();
        assertEquals(4 + 5, captions.size());
        assertTrue(captions.get(0).startsWith("missed nut & bolt / dent / 3.png, score 2.4"), captions.get(0));
        assertTrue(captions.get(1).startsWith("found nut & bolt / <crack> / 5.png, score 2.6"), captions.get(1));
        assertTrue(captions.get(4).startsWith("false alarm nut & bolt / good / 2.png, score 2.7"), captions.get(4));
        assertTrue(captions.get(5).startsWith("normal nut & bolt / good / 1.png"), captions.get(5));
    }

    /** A black square would mean an image without a defect. */
    @Test
    void aDefectWithoutAMaskIsCalledSo() throws IOException {
        evaluated("bare", false, "good:1", "hole:2.4");
        List<String> captions = elements(body(page()), "figure", "thumb").stream()
                .map(Element::getTextContent)
                .toList();
        assertEquals(
                1,
                captions.stream()
                        .filter(caption -> caption.contains("without a mask"))
                        .count());
        assertTrue(
                captions.stream()
                        .anyMatch(caption -> caption.contains("bare / hole")
                                && caption.endsWith("without a mask, so no true defect is shown")),
                captions.toString());
    }

    @Test
    void settingsAreAllThatTheModelSays() {
        String text = body(page()).getTextContent();
        for (String expected : List.of(
                "programrlr test",
                "model: blocksmca, nsa",
                "model: image height256",
                "training: learning rate",
                "training: seed3407",
                "trained on7 images",
                "final loss1.2500")) {
            assertTrue(text.contains(expected), expected);
        }
    }

    /** Like a model trained by another program: no training settings, and a given threshold. */
    @Test
    void aModelThatSaysLess() {
        ModelInfo info = ModelInfo.builder(RlrConfig.published("scattering"))
                .scores(new ScoreStatistics(0, 0, 0, 0, 2.5, 0, 2.5))
                .build();
        String text = body(new EvaluationReport(new EvaluationResult(classes), record, info, record.scale(3))
                        .html("parts", Map.of()))
                .getTextContent();
        assertTrue(text.contains("Threshold: 2.5000 (as given)") && text.contains("model: layers4"), text);
        assertFalse(text.contains("training:") || text.contains("trained on"), text);
    }

    @Test
    void classesThatWereRecognised() {
        ModelInfo info = ModelInfo.builder(RlrConfig.published("scattering"))
                .scores(new ScoreStatistics(0, 0, 0, 0, 2.5, 0, 2.5))
                .build();
        RecognitionResult recognition = new RecognitionResult(
                Map.of("nut & bolt", Map.of("nut & bolt", 5, "plain", 1, RecognitionResult.UNKNOWN, 1)),
                List.of(new RecognitionResult.ImageF1(
                        RecognitionResult.Given.RECOGNIZED, OptionalDouble.of(0.5), OptionalDouble.empty())));
        Element body =
                body(new EvaluationReport(new EvaluationResult(classes, recognition), record, info, record.scale(3))
                        .html("parts", Map.of()));
        List<List<String>> rows = elements(body, "tr", "").stream()
                .map(EvaluationReportTest::texts)
                .toList();
        assertTrue(rows.contains(List.of("recognised as", "nut & bolt", "plain", "unknown product")), rows.toString());
        assertTrue(rows.contains(List.of("nut & bolt", "5", "1", "1")), rows.toString());
        assertTrue(rows.contains(List.of("the recognised class's", "50.0", "–")), rows.toString());
        assertFalse(page().contains("Recognised classes"));
    }

    @Test
    void mapsAreNotKeptButMadeAgainTheSame() {
        AnomalyMap map = AnomalyMap.of(
                List.of(
                        new AnomalyMap.Level(new float[] {1, 2, 3, 7}, 2, 2),
                        new AnomalyMap.Level(new float[] {4}, 1, 1)),
                5,
                6);
        ScoredImage kept = ScoredImage.of(Sample.good(folder, "x"), 1, false, map);
        org.junit.jupiter.api.Assertions.assertArrayEquals(
                map.values(), kept.map().get().values());
        MapScale.Sampler sampler = new MapScale.Sampler(map.values().length);
        sampler.add(map.values());
        assertEquals(MapScale.of(List.of(map.values()), 0), sampler.scale(0));
    }
}
