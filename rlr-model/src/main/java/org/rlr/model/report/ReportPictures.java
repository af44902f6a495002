package org.rlr.model.report;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.MapScale;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Thresholds;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyScorer;

/**
 * The pictures of a report: defective images with the lowest scores and good images with the highest, relative to their
 * thresholds.
 */
final class ReportPictures {
    /** The number of pictures of each kind. */
    private static final int SHOWN = 9;

    private static final int COLOURS = 8;

    private final List<ScoredImage> images;
    private final Thresholds thresholds;
    private final MapScale scale;
    private final @Nullable More more;
    private final StringBuilder html = new StringBuilder();

    /** The additional pictures of images, and their scorer. */
    record More(ReconstructionPictures drawn, AnomalyScorer scorer) {}

    /**
     * Creates the pictures of images.
     *
     * @param more additional pictures beside the maps; null for none
     */
    ReportPictures(List<ScoredImage> images, Thresholds thresholds, MapScale scale, @Nullable More more) {
        this.images = images;
        this.thresholds = thresholds;
        this.scale = scale;
        this.more = more;
    }

    /**
     * Returns both kinds and an explanation of the colours. @throws org.rlr.tensor.RlrException if an image can no
     * longer be read
     */
    String html() {
        Comparator<ScoredImage> byMargin = Comparator.comparingDouble(this::margin);
        List<ScoredImage> missed = images.stream()
                .filter(ScoredImage::defective)
                .sorted(byMargin)
                .limit(SHOWN)
                .toList();
        List<ScoredImage> alarms = images.stream()
                .filter(each -> !each.defective())
                .sorted(byMargin.reversed())
                .limit(SHOWN)
                .toList();
        long misses = images.stream()
                .filter(each -> each.defective() && margin(each) <= 0)
                .count();
        long falseAlarms = images.stream()
                .filter(each -> !each.defective() && margin(each) > 0)
                .count();
        add(
                "<p class='faint legend'>Pictures: image, true defect, anomaly map. Colours of the map, the "
                        + "same in all: <span>%.3g",
                (double) scale.min());
        html.append("<span class='scale' style='background:linear-gradient(90deg");
        for (int i = 0; i < COLOURS; i++) {
            double position = i / (COLOURS - 1.0);
            add(
                    ",rgb(%.0f %.0f %.0f)",
                    ColorMap.channel(position, 0), ColorMap.channel(position, 1), ColorMap.channel(position, 2));
        }
        add(")'></span>%.3g</span></p>", (double) scale.max());
        if (more != null) {
            add("<p class='faint'>%s</p>", "Below them: " + more.drawn.explanation());
        }
        add(
                "<h2>Worst misses</h2><p class='faint'>%d defective images are missed; the lowest scores of "
                        + "defective images, measured from the threshold.</p>",
                misses);
        thumbs(missed);
        add(
                "<h2>Worst false alarms</h2><p class='faint'>%d good images are called anomalous; the highest "
                        + "scores of good images, measured from the threshold.</p>",
                falseAlarms);
        thumbs(alarms);
        return html.toString();
    }

    /**
     * Returns the distance above the threshold in standard deviations of normal scores, which is comparable between
     * classes with their own thresholds.
     */
    private double margin(ScoredImage image) {
        return thresholds.of(image.sample().className()).margin(image.score());
    }

    private void thumbs(List<ScoredImage> shown) {
        html.append("<div class='thumbs'>");
        for (ScoredImage each : shown) {
            Sample sample = each.sample();
            Threshold threshold = thresholds.of(sample.className());
            boolean called = threshold.exceededBy(each.score());
            String verdict = each.defective() ? called ? "found" : "missed" : called ? "false alarm" : "normal";
            add(
                    "<figure class='thumb'><img alt='%s' src='",
                    "image, true defect and anomaly map of " + sample.image().name());
            RgbImage picture = sample.image().read();
            html.append(Html.dataUri(each.thumbnail(picture, scale).toBufferedImage()));
            html.append("'>");
            if (more != null) {
                more.drawn
                        .lines(more.scorer.examine(picture), Overlays.tileSize(picture.size(), Overlays.TILE))
                        .forEach(line -> more(line, sample.image().name()));
            }
            add(
                    "<figcaption><span class='tag %s'>%s</span> %s / %s / %s, score %.4f, threshold "
                            + "%.4f%s</figcaption></figure>",
                    called == each.defective() ? "right" : "wrong",
                    verdict,
                    sample.className(),
                    sample.defect(),
                    sample.image().name(),
                    each.score(),
                    threshold.value(),
                    each.defective() && sample.masks().isEmpty() ? "; without a mask, so no true defect is shown" : "");
        }
        html.append("</div>");
    }

    private void more(List<ReconstructionPictures.Captioned> line, String file) {
        html.append("<div class='more'>");
        for (ReconstructionPictures.Captioned each : line) {
            add("<div><img alt='%s' src='", each.caption() + " of " + file);
            html.append(Html.dataUri(each.picture().toBufferedImage()));
            add("'><span>%s</span></div>", each.caption());
        }
        html.append("</div>");
    }

    private void add(String format, Object... values) {
        html.append(Html.format(format, values));
    }
}
