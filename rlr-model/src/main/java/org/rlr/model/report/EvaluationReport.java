package org.rlr.model.report;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.MapScale;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Texts;
import org.rlr.model.config.Threshold;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.eval.ClassMetrics;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.eval.Metric;
import org.rlr.model.eval.RecognitionResult;
import org.rlr.tensor.io.AtomicFile;

/**
 * An evaluation as one self-contained HTML page: metrics, curves, histograms of scores, recall by kind of defect, the
 * worst misses and false alarms as pictures, and the settings. Light or dark like the reader's system.
 */
public final class EvaluationReport {
    private final EvaluationResult result;
    private final EvaluationRecord record;
    private final ModelInfo info;
    private final MapScale scale;
    private final ReportPictures.@Nullable More more;
    private final StringBuilder page = new StringBuilder();

    /**
     * Creates a report.
     *
     * @param result the metrics
     * @param record the record of the images
     * @param info the model's description
     * @param scale the scale of the maps' colours
     */
    public EvaluationReport(EvaluationResult result, EvaluationRecord record, ModelInfo info, MapScale scale) {
        this(result, record, info, scale, null);
    }

    private EvaluationReport(
            EvaluationResult result,
            EvaluationRecord record,
            ModelInfo info,
            MapScale scale,
            ReportPictures.@Nullable More more) {
        this.result = result;
        this.record = record;
        this.info = info;
        this.scale = scale;
        this.more = more;
    }

    /**
     * Returns the report with more pictures of the worst images: features, reconstruction and reference.
     *
     * @param pictures draws them
     * @param examiner the scorer of the evaluated model
     * @return a report
     */
    public EvaluationReport with(ReconstructionPictures pictures, AnomalyScorer examiner) {
        return new EvaluationReport(result, record, info, scale, new ReportPictures.More(pictures, examiner));
    }

    /**
     * Writes the page, completely or not at all.
     *
     * @param file the target; replaced if it exists
     * @param title the subject of the evaluation, for example the data set's name
     * @param settings names and values needed to repeat it, in addition to the model's own
     * @throws org.rlr.tensor.RlrException if it cannot be written, or a shown image can no longer be read
     */
    public void write(Path file, String title, Map<String, String> settings) {
        AtomicFile.writeString(file, html(title, settings));
    }

    /** Returns the page. */
    String html(String title, Map<String, String> settings) {
        page.setLength(0);
        long defective = record.images().stream().filter(ScoredImage::defective).count();
        add(
                "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
                        + "content='width=device-width, initial-scale=1'><title>%s</title><style>",
                "Evaluation of " + title);
        page.append(Html.resource("report.css")).append("</style></head><body><main>");
        add(
                "<h1>Evaluation: %s</h1><p class='faint'>%s, %d test images: %d good, %d defective. One RLR "
                        + "model for all classes, backbone %s.</p>",
                title,
                Texts.count(result.classes().size(), "class"),
                record.images().size(),
                record.images().size() - defective,
                defective,
                info.config().backbone());
        tiles();
        table();
        add(
                "<h2>Classes</h2><p class='faint'>%s. An image is called anomalous if its score exceeds it.</p>",
                thresholdText());
        result.classes().forEach(this::section);
        recognition();
        page.append(new ReportPictures(record.images(), info.thresholds(), scale, more).html());
        settings(settings);
        return page.append("</main></body></html>\n").toString();
    }

    private String thresholdText() {
        Threshold common = info.thresholds().common();
        return info.thresholds().perClass().isEmpty()
                ? "Threshold: " + ThresholdText.of(common)
                : "Thresholds per class: "
                        + ThresholdText.rule(
                                info.thresholds().perClass().values().iterator().next());
    }

    private void tiles() {
        page.append("<div class='tiles'>");
        for (Metric metric : Metric.values()) {
            add("<div class='tile'><b>%s</b><span>%s</span></div>", percent(result.mean(metric)), title(metric));
        }
        page.append("</div>");
    }

    private void table() {
        page.append("<h2>Metrics</h2><div class='scroll'><table><tr><th>class</th>");
        for (Metric metric : Metric.values()) {
            add("<th>%s</th>", title(metric));
        }
        page.append("<th>good</th><th>defective</th></tr>");
        for (ClassMetrics row : result.classes()) {
            List<ScoredImage> images = record.images(row.name());
            long defective = images.stream().filter(ScoredImage::defective).count();
            add("<tr><td><a href='#%s'>%s</a></td>", anchor(row.name()), row.name());
            for (Metric metric : Metric.values()) {
                add("<td>%s</td>", percent(row.get(metric)));
            }
            add("<td>%d</td><td>%d</td></tr>", images.size() - defective, defective);
        }
        page.append("<tr class='mean'><td>mean</td>");
        for (Metric metric : Metric.values()) {
            add("<td>%s</td>", percent(result.mean(metric)));
        }
        page.append("<td></td><td></td></tr></table></div><p class='faint'>In percent; AUPRO up to a "
                + "false-positive rate of 0.3.</p>");
        for (ClassMetrics row : result.classes()) {
            if (!row.note().isEmpty()) {
                add(
                        "<p>%s: %s. Metrics that need them are undefined (–) and not in the mean.</p>",
                        row.name(), row.note());
            }
        }
        result.remarks().forEach(remark -> add("<p>%s.</p>", remark));
    }

    private void section(ClassMetrics metrics) {
        String name = metrics.name();
        List<ScoredImage> images = record.images(name);
        Threshold threshold = info.thresholds().of(name);
        EvaluationRecord.Curves curves = record.curves(name);
        add("<h3 id='%s'>%s</h3>", anchor(name), name);
        if (images.isEmpty()) {
            page.append("<p class='faint'>No test images.</p>");
            return;
        }
        page.append("<div class='charts'>");
        chart(
                "ROC, area" + key("images", "images " + percent(metrics.get(Metric.IMAGE_AUROC)))
                        + key("pixels", "pixels " + percent(metrics.get(Metric.PIXEL_AUROC))),
                Charts.roc(curves));
        chart(
                "Precision-recall, AP" + key("images", "images " + percent(metrics.get(Metric.IMAGE_AP)))
                        + key("pixels", "pixels " + percent(metrics.get(Metric.PIXEL_AP))),
                Charts.precisionRecall(curves));
        chart(
                "Image scores" + key("good", "good") + key("defective", "defective")
                        + key("", Html.format("threshold %.4g", threshold.value())),
                Charts.histogram(scores(images, false), scores(images, true), threshold.value()));
        page.append("<div class='chart wide'>")
                .append(recallTable(images, threshold, metrics.bestF1Threshold()))
                .append("</div></div>");
    }

    /** Adds the recognised classes and the quality of their thresholds. */
    private void recognition() {
        RecognitionResult recognition = result.recognition();
        if (recognition == null || !recognition.telling()) {
            return;
        }
        page.append("<h2>Recognised classes</h2><div class='scroll'><table><tr><th>recognised as</th>");
        recognition.recognized().forEach(name -> add("<th>%s</th>", name));
        page.append("</tr>");
        recognition.confusion().forEach((name, row) -> {
            add("<tr><td>%s</td>", name);
            recognition.recognized().forEach(each -> add("<td>%d</td>", row.getOrDefault(each, 0)));
            page.append("</tr>");
        });
        page.append("</table></div>");
        if (recognition.imageF1().isEmpty()) {
            return;
        }
        page.append("<div class='scroll'><table><tr><th>image F1 of all classes by</th><th>the model's thresholds</th>"
                + "<th>the best on these images</th></tr>");
        recognition
                .imageF1()
                .forEach(each -> add(
                        "<tr><td>%s</td><td>%s</td><td>%s</td></tr>",
                        each.given().title(), percent(each.kept()), percent(each.best())));
        page.append("</table></div>");
    }

    private static String key(String kind, String text) {
        return Html.format("<span class='key-of'><span class='key %s'></span>%s</span>", kind, text);
    }

    private void chart(String captionHtml, String svg) {
        page.append("<figure class='chart'><figcaption>")
                .append(captionHtml)
                .append("</figcaption>")
                .append(svg)
                .append("</figure>");
    }

    private static double[] scores(List<ScoredImage> images, boolean defective) {
        return images.stream()
                .filter(each -> each.defective() == defective)
                .mapToDouble(ScoredImage::score)
                .toArray();
    }

    /** Returns a table of how many images of each kind of defect, and of good images, are called anomalous. */
    private static String recallTable(List<ScoredImage> images, Threshold threshold, OptionalDouble bestF1) {
        StringBuilder table = new StringBuilder(
                "<table class='recall'><tr><th>called anomalous</th><th></th><th>threshold</th><th>F1-max</th></tr>");
        Map<String, List<ScoredImage>> kinds = images.stream()
                .filter(ScoredImage::defective)
                .collect(
                        Collectors.groupingBy(each -> each.sample().defect(), LinkedHashMap::new, Collectors.toList()));
        kinds.forEach((kind, each) -> table.append(recallRow(kind, each, threshold, bestF1, "")));
        List<ScoredImage> good =
                images.stream().filter(each -> !each.defective()).toList();
        if (!good.isEmpty()) {
            table.append(recallRow("good (false alarms)", good, threshold, bestF1, "alarm"));
        }
        return table.append("</table>").toString();
    }

    private static String recallRow(
            String kind, List<ScoredImage> images, Threshold threshold, OptionalDouble bestF1, String style) {
        long found = images.stream()
                .filter(each -> threshold.exceededBy(each.score()))
                .count();
        String atBest = bestF1.isEmpty()
                ? "–"
                : images.stream()
                                .filter(each -> each.score() >= bestF1.getAsDouble())
                                .count() + "/" + images.size();
        return Html.format(
                "<tr><td>%s</td><td><span class='bar'><i class='%s' "
                        + "style='width:%.0f%%'></i></span></td><td>%d/%d</td><td>%s</td></tr>",
                kind, style, 100.0 * found / images.size(), found, images.size(), atBest);
    }

    private void settings(Map<String, String> given) {
        page.append("<h2>Settings</h2><table class='settings'>");
        Stream.of(given, ModelSettings.of(info))
                .forEach(part -> part.forEach((name, value) -> add("<tr><td>%s</td><td>%s</td></tr>", name, value)));
        page.append("</table>");
    }

    private static String title(Metric metric) {
        return switch (metric) {
            case IMAGE_AUROC, IMAGE_AP, IMAGE_F1MAX -> "image " + metric.title().replace("image ", "");
            case PIXEL_AUROC, PIXEL_AP, PIXEL_F1MAX -> "pixel " + metric.title().replace("pixel ", "");
            case AUPRO -> metric.title();
        };
    }

    private static String percent(OptionalDouble value) {
        return value.isPresent() ? Html.format("%.1f", 100 * value.getAsDouble()) : "–";
    }

    private String anchor(String className) {
        return "class-"
                + result.classes().stream()
                        .map(ClassMetrics::name)
                        .toList()
                        .indexOf(className); // names may contain any characters
    }

    private void add(String format, Object... values) {
        page.append(Html.format(format, values));
    }
}
