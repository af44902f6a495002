package org.rlr.model.eval;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.AtomicFile;

/**
 * The metrics of all classes of a data set.
 *
 * @param classes one entry per class
 * @param recognition how well the classes of images were recognised; null if the model recognises no classes
 */
public record EvaluationResult(
        List<ClassMetrics> classes, @Nullable RecognitionResult recognition) {
    private static final int NAME_WIDTH = 5;

    /**
     * Creates the metrics of a model that recognises no classes.
     *
     * @param classes one entry per class
     */
    public EvaluationResult(List<ClassMetrics> classes) {
        this(classes, null);
    }

    /** Copies the list. */
    public EvaluationResult {
        classes = List.copyOf(classes);
    }

    /**
     * Returns the unweighted mean of a metric over the classes that define it; empty if none does.
     *
     * @param metric the metric
     * @return a fraction, or empty
     */
    public OptionalDouble mean(Metric metric) {
        return classes.stream()
                .map(c -> c.values().get(metric))
                .filter(Objects::nonNull)
                .mapToDouble(Double::doubleValue)
                .average();
    }

    /**
     * Returns the number of classes that define a metric.
     *
     * @param metric the metric
     * @return the number of classes
     */
    public int defined(Metric metric) {
        return (int) classes.stream().filter(c -> c.get(metric).isPresent()).count();
    }

    /** {@return the remarks of all classes, each after the name of its class} */
    public List<String> remarks() {
        return classes.stream()
                .flatMap(each -> each.remarks().stream().map(remark -> each.name() + ": " + remark))
                .toList();
    }

    /**
     * Returns the result as JSON: {@code {"classes":[{"name":…,"image_auroc":…,…}…],"mean":{"image_auroc":…,…}}}, with
     * fractions, null for undefined metrics, and {@code "remarks":[…]} in classes with remarks. If the model recognises
     * classes, {@code "recognition":{"confusion":{CLASS:{RECOGNISED:NUMBER…}…},"image_f1":{…}}} follows.
     *
     * @return the text, ending with a line break
     */
    public String toJson() {
        return new GsonBuilder()
                        .serializeNulls()
                        .disableHtmlEscaping()
                        .setPrettyPrinting()
                        .create()
                        .toJson(json()) + "\n";
    }

    /** Returns the object behind {@link #toJson}. */
    JsonObject json() {
        JsonArray rows = new JsonArray();
        for (ClassMetrics row : classes) {
            JsonObject object = new JsonObject();
            object.addProperty("name", row.name());
            for (Metric metric : Metric.values()) {
                object.add(metric.key(), json(row.get(metric)));
            }
            if (!row.remarks().isEmpty()) {
                JsonArray remarks = new JsonArray();
                row.remarks().forEach(remarks::add);
                object.add("remarks", remarks);
            }
            rows.add(object);
        }
        JsonObject mean = new JsonObject();
        for (Metric metric : Metric.values()) {
            mean.add(metric.key(), json(mean(metric)));
        }
        JsonObject root = new JsonObject();
        root.add("classes", rows);
        root.add("mean", mean);
        if (recognition != null) {
            root.add("recognition", recognition.json());
        }
        return root;
    }

    /**
     * Writes {@link #toJson} to a file, completely or not at all.
     *
     * @param file the target; replaced if it exists
     * @throws RlrException if it cannot be written
     */
    public void writeJson(Path file) {
        AtomicFile.writeString(file, toJson());
    }

    /**
     * Returns the result as a plain-text table in percent with one decimal, a row per class and the mean; undefined
     * metrics are "-", with the reasons and the number of classes in the mean below. Tables of {@link #recognition}
     * follow if it has several classes. Ends with a line break.
     *
     * @return the table
     */
    public String toTable() {
        int nameWidth = classes.stream().mapToInt(c -> c.name().length()).reduce(NAME_WIDTH, Math::max);
        StringBuilder text = new StringBuilder(padded("class", nameWidth));
        for (Metric metric : Metric.values()) {
            int padding = 2 + width(metric) - metric.title().length();
            text.append(" ".repeat(padding)).append(metric.title());
        }
        text.append('\n');
        for (ClassMetrics row : classes) {
            text.append(padded(row.name(), nameWidth));
            for (Metric metric : Metric.values()) {
                appendCell(text, metric, row.get(metric));
            }
            text.append('\n');
        }
        text.append(padded("mean", nameWidth));
        for (Metric metric : Metric.values()) {
            appendCell(text, metric, mean(metric));
        }
        text.append('\n');
        for (ClassMetrics row : classes) {
            if (!row.note().isEmpty()) {
                text.append("- ")
                        .append(row.name())
                        .append(": ")
                        .append(row.note())
                        .append('\n');
            }
        }
        remarks().forEach(remark -> text.append("- ").append(remark).append('\n'));
        for (Metric metric : Metric.values()) {
            if (defined(metric) < classes.size()) {
                text.append("- mean of ")
                        .append(metric.key())
                        .append(" over ")
                        .append(defined(metric))
                        .append(" of ")
                        .append(classes.size())
                        .append(" classes\n");
            }
        }
        return text + (recognition != null && recognition.telling() ? recognition.toTable() : "");
    }

    private static JsonElement json(OptionalDouble value) {
        return value.isPresent() ? new JsonPrimitive(value.getAsDouble()) : JsonNull.INSTANCE;
    }

    /**
     * Formats a fraction in percent with one decimal, or "-" if it is undefined.
     *
     * @param value a fraction, or empty
     * @return for example {@code 97.3}
     */
    public static String percent(OptionalDouble value) {
        return value.isPresent() ? String.format(Locale.ROOT, "%.1f", 100 * value.getAsDouble()) : "-";
    }

    private static void appendCell(StringBuilder text, Metric metric, OptionalDouble value) {
        String number = percent(value);
        text.append(" ".repeat(2 + width(metric) - number.length())).append(number);
    }

    /** Returns the width of a column: that of "100.0" or of its title. */
    private static int width(Metric metric) {
        return Math.max(5, metric.title().length());
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(width - text.length());
    }
}
