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
 * @param recognition how well their images were recognised; null where the model recognises no classes
 */
public record EvaluationResult(
        List<ClassMetrics> classes, @Nullable RecognitionResult recognition) {
    private static final int NAME_WIDTH = 5;

    /**
     * The metrics of a model that recognises no classes.
     *
     * @param classes one entry per class
     */
    public EvaluationResult(List<ClassMetrics> classes) {
        this(classes, null);
    }

    /** Takes a copy. */
    public EvaluationResult {
        classes = List.copyOf(classes);
    }

    /**
     * The plain mean of a metric over the classes that define it; empty where none does.
     *
     * @param metric which
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
     * How many classes define a metric.
     *
     * @param metric which
     * @return their number
     */
    public int defined(Metric metric) {
        return (int) classes.stream().filter(c -> c.get(metric).isPresent()).count();
    }

    /** {@return the remarks of all classes, each with the name of its class before it} */
    public List<String> remarks() {
        return classes.stream()
                .flatMap(each -> each.remarks().stream().map(remark -> each.name() + ": " + remark))
                .toList();
    }

    /**
     * The result as JSON: {@code {"classes":[{"name":…,"image_auroc":…,…}…],"mean":{"image_auroc":…,…}}}, with
     * fractions, null for what is undefined, and {@code "remarks":[…]} in classes that have some. Where the model
     * recognises classes, {@code "recognition":{"confusion":{CLASS:{RECOGNISED:NUMBER…}…},"image_f1":{…}}} follows.
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

    /** {@link #toJson} before it is text. */
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
     * Writes {@link #toJson} to a file, whole or not at all.
     *
     * @param file target; replaced if it is there
     * @throws RlrException where it cannot be written
     */
    public void writeJson(Path file) {
        AtomicFile.writeString(file, toJson());
    }

    /**
     * The result as a plain-text table in percent with one decimal, a row per class and their mean; "-" stands for what
     * is undefined, with the reasons and the number of classes in the mean below. Tables of {@link #recognition} follow
     * where there are several classes. Ends with a line break.
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
     * A fraction in percent with one decimal; "-" where it is undefined.
     *
     * @param value a fraction, or empty
     * @return as {@code 97.3}
     */
    public static String percent(OptionalDouble value) {
        return value.isPresent() ? String.format(Locale.ROOT, "%.1f", 100 * value.getAsDouble()) : "-";
    }

    private static void appendCell(StringBuilder text, Metric metric, OptionalDouble value) {
        String number = percent(value);
        text.append(" ".repeat(2 + width(metric) - number.length())).append(number);
    }

    /** Room for "100.0" and the column's head. */
    private static int width(Metric metric) {
        return Math.max(5, metric.title().length());
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(width - text.length());
    }
}
