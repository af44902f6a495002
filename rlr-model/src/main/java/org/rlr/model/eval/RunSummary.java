package org.rlr.model.eval;

import java.util.List;
import java.util.OptionalDouble;

/**
 * The metrics of several runs on the same test images.
 *
 * @param runs their results, at least two, of the same classes
 */
public record RunSummary(List<EvaluationResult> runs) {
    /** The width of "100.0 ± 10.0". */
    private static final int CELL = 12;

    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if there are fewer than two
     */
    public RunSummary {
        runs = List.copyOf(runs);
        if (runs.size() < 2) {
            throw new IllegalArgumentException("a deviation needs two runs");
        }
    }

    /**
     * Returns a metric's mean over the classes; empty if it is undefined in a run.
     *
     * @param metric the metric
     * @return over the runs, as fractions
     */
    public MeanAndDeviation mean(Metric metric) {
        return over(runs.stream().map(run -> run.mean(metric)).toList());
    }

    /**
     * Returns a metric of a class; empty if it is undefined in a run.
     *
     * @param classIndex index of the class, from 0
     * @param metric the metric
     * @return over the runs, as fractions
     */
    public MeanAndDeviation of(int classIndex, Metric metric) {
        return over(runs.stream()
                .map(run -> run.classes().get(classIndex).get(metric))
                .toList());
    }

    private static MeanAndDeviation over(List<OptionalDouble> values) {
        return values.stream().allMatch(OptionalDouble::isPresent)
                ? MeanAndDeviation.of(
                        values.stream().mapToDouble(OptionalDouble::getAsDouble).toArray())
                : MeanAndDeviation.of();
    }

    /**
     * Returns a table in percent with one decimal, a row per class and their mean: mean ± standard deviation over the
     * runs, "-" if undefined, and remarks on masks below. Ends with a line break.
     *
     * @return the table
     */
    public String toTable() {
        List<ClassMetrics> classes = runs.get(0).classes();
        int name = classes.stream().mapToInt(c -> c.name().length()).reduce(5, Math::max);
        StringBuilder text = new StringBuilder(left("class", name));
        for (Metric metric : Metric.values()) {
            text.append(right(metric.title()));
        }
        text.append('\n');
        for (int i = 0; i < classes.size(); i++) {
            text.append(left(classes.get(i).name(), name));
            for (Metric metric : Metric.values()) {
                text.append(right(of(i, metric).percent()));
            }
            text.append('\n');
        }
        text.append(left("mean", name));
        for (Metric metric : Metric.values()) {
            text.append(right(mean(metric).percent()));
        }
        text.append('\n');
        runs.get(0).remarks().forEach(remark -> text.append("- ").append(remark).append('\n'));
        return text.toString();
    }

    private static String left(String text, int width) {
        return text + " ".repeat(width - text.length());
    }

    private static String right(String text) {
        return "  " + " ".repeat(Math.max(0, CELL - text.length())) + text;
    }
}
