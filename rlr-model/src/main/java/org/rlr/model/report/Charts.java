package org.rlr.model.report;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.rlr.model.eval.ScoreRanking.CurvePoint;

/** Draws charts as SVG, coloured by the classes of the report's style sheet. */
final class Charts {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    private static final int LEFT = 38;
    private static final int RIGHT = 10;
    private static final int TOP = 10;
    private static final int BOTTOM = 36;
    private static final int BINS = 24;

    private Charts() {}

    /** Draws the ROC curves of images and pixels, with the diagonal of random guessing. */
    static String roc(EvaluationRecord.Curves curves) {
        StringBuilder svg = begin("ROC: recall over the false-positive rate", "false-positive rate", "recall");
        axes(svg);
        svg.append(Html.format("<path class='diagonal' d='M%.1f %.1fL%.1f %.1f'/>", x(0), y(0), x(1), y(1)));
        curve(svg, "pixels", curves.pixel(), CurvePoint::falsePositiveRate, CurvePoint::recall, true);
        curve(svg, "images", curves.image(), CurvePoint::falsePositiveRate, CurvePoint::recall, true);
        return svg.append("</svg>").toString();
    }

    /** Draws the precision-recall curves of images and pixels. */
    static String precisionRecall(EvaluationRecord.Curves curves) {
        StringBuilder svg = begin("Precision over recall", "recall", "precision");
        axes(svg);
        curve(svg, "pixels", curves.pixel(), CurvePoint::recall, CurvePoint::precision, false);
        curve(svg, "images", curves.image(), CurvePoint::recall, CurvePoint::precision, false);
        return svg.append("</svg>").toString();
    }

    /** Draws a histogram of the scores of normal and of defective images, side by side, with the threshold. */
    static String histogram(double[] good, double[] defective, double threshold) {
        double low = threshold;
        double high = threshold;
        for (double[] scores : new double[][] {good, defective}) {
            for (double score : scores) {
                low = Math.min(low, score);
                high = Math.max(high, score);
            }
        }
        double width = high > low ? (high - low) / BINS : 1;
        int[] goodCounts = counts(good, low, width);
        int[] defectiveCounts = counts(defective, low, width);
        int most = 1;
        for (int i = 0; i < BINS; i++) {
            most = Math.max(most, Math.max(goodCounts[i], defectiveCounts[i]));
        }
        StringBuilder svg = begin("Histogram of image scores", "image score", "images");
        for (int tick = 0; tick <= 2; tick++) {
            double count = most * tick / 2.0;
            if (count == Math.rint(count)) {
                horizontal(svg, count / most, Html.format("%.0f", count));
            }
            svg.append(Html.format(
                    "<text class='tick' x='%.1f' y='%d' text-anchor='%s'>%.3g</text>",
                    x(tick / 2.0),
                    HEIGHT - BOTTOM + 14,
                    tick == 0 ? "start" : tick == 1 ? "middle" : "end",
                    low + (high - low) * tick / 2));
        }
        double bin = (x(1) - x(0)) / BINS;
        for (int i = 0; i < BINS; i++) {
            bar(svg, "good", x(0) + i * bin, bin / 2, goodCounts[i] / (double) most);
            bar(svg, "defective", x(0) + (i + 0.5) * bin, bin / 2, defectiveCounts[i] / (double) most);
        }
        double at = high > low ? x((threshold - low) / (high - low)) : x(0);
        svg.append(Html.format("<path class='threshold' d='M%.1f %.1fV%.1f'/>", at, y(0), y(1)));
        return svg.append("</svg>").toString();
    }

    private static int[] counts(double[] scores, double low, double width) {
        int[] counts = new int[BINS];
        for (double score : scores) {
            counts[(int) Math.min(BINS - 1, (score - low) / width)]++;
        }
        return counts;
    }

    private static void bar(StringBuilder svg, String kind, double left, double width, double share) {
        if (share > 0) {
            svg.append(Html.format(
                    "<rect class='%s' x='%.1f' y='%.1f' width='%.1f' height='%.1f'/>",
                    kind, left, y(share), width, y(0) - y(share)));
        }
    }

    private static StringBuilder begin(String title, String xTitle, String yTitle) {
        return new StringBuilder(
                        Html.format("<svg viewBox='0 0 %d %d' role='img' aria-label='%s'>", WIDTH, HEIGHT, title))
                .append(Html.format(
                        "<text class='axis' x='%.1f' y='%d' text-anchor='middle'>%s</text>",
                        (x(0) + x(1)) / 2, HEIGHT - 4, xTitle))
                .append(Html.format(
                        "<text class='axis' transform='translate(11 %.1f) rotate(-90)' text-anchor='middle'>%s</text>",
                        (y(0) + y(1)) / 2, yTitle));
    }

    private static void axes(StringBuilder svg) {
        for (int tick = 0; tick <= 4; tick++) {
            double value = tick / 4.0;
            horizontal(svg, value, tick % 2 == 0 ? Html.format("%.1f", value) : "");
            svg.append(Html.format("<path class='grid' d='M%.1f %.1fV%.1f'/>", x(value), y(0), y(1)));
            if (tick % 2 == 0) {
                svg.append(Html.format(
                        "<text class='tick' x='%.1f' y='%d' text-anchor='middle'>%.1f</text>",
                        x(value), HEIGHT - BOTTOM + 14, value));
            }
        }
    }

    private static void horizontal(StringBuilder svg, double share, String label) {
        svg.append(Html.format("<path class='grid' d='M%.1f %.1fH%.1f'/>", x(0), y(share), x(1)));
        svg.append(Html.format(
                "<text class='tick' x='%d' y='%.1f' text-anchor='end'>%s</text>", LEFT - 5, y(share) + 3.5, label));
    }

    private static void curve(
            StringBuilder svg,
            String kind,
            List<CurvePoint> points,
            ToDoubleFunction<CurvePoint> across,
            ToDoubleFunction<CurvePoint> up,
            boolean fromOrigin) {
        if (points.isEmpty()) {
            return;
        }
        StringBuilder path = new StringBuilder(
                fromOrigin
                        ? Html.format("M%.1f %.1f", x(0), y(0))
                        : Html.format("M%.1f %.1f", x(0), y(up.applyAsDouble(points.get(0)))));
        for (CurvePoint point : points) {
            path.append(Html.format("L%.1f %.1f", x(across.applyAsDouble(point)), y(up.applyAsDouble(point))));
        }
        svg.append("<path class='curve ")
                .append(kind)
                .append("' d='")
                .append(path)
                .append("'/>");
    }

    private static double x(double share) {
        return LEFT + share * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double share) {
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
    }
}
