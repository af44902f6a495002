package org.rlr.model.eval;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Thresholds;

/**
 * How well a model recognises the classes of test images, and the quality of the recognised classes' thresholds: image
 * F1 over all classes together.
 *
 * @param confusion per true class, the number of its images per recognised class; {@link #UNKNOWN} counts unknown
 *     products
 * @param imageF1 image F1 for each {@link Given}, in its order; empty if the scores and the thresholds come from
 *     different scorings
 */
public record RecognitionResult(Map<String, Map<String, Integer>> confusion, List<ImageF1> imageF1) {
    /** The name for images of none of the model's classes. */
    public static final String UNKNOWN = "unknown product";

    /** The knowledge of an image's class by which its threshold is chosen. */
    public enum Given {
        /** Nothing: one threshold for the scores of all classes. */
        NOTHING("one threshold for all classes"),
        /** The class that the model recognises; an unknown product is anomalous. */
        RECOGNIZED("the recognised class's"),
        /** The true class. */
        CLASS("the true class's");

        private final String title;

        Given(String title) {
            this.title = title;
        }

        /** {@return a description of the threshold used} */
        public String title() {
            return title;
        }
    }

    /**
     * Image F1 over all classes together.
     *
     * @param given the knowledge of an image's class
     * @param kept F1 with the model's thresholds
     * @param best the greatest F1 on these images: over all scores; over all scores measured from the recognised
     *     class's threshold in standard deviations of its normal scores; or with the best threshold of each class
     */
    public record ImageF1(Given given, OptionalDouble kept, OptionalDouble best) {}

    /** A test image. */
    record Image(String className, @Nullable String recognized, double score, boolean defective) {}

    /** Copies the map and the list. */
    public RecognitionResult {
        confusion = new LinkedHashMap<>(confusion);
        imageF1 = List.copyOf(imageF1);
    }

    /** Computes the result of images whose class was recognised. */
    static RecognitionResult of(List<Image> images, @Nullable Thresholds thresholds) {
        Map<String, Map<String, Integer>> confusion = new LinkedHashMap<>();
        for (Image image : images) {
            confusion
                    .computeIfAbsent(image.className, name -> new TreeMap<>())
                    .merge(image.recognized == null ? UNKNOWN : image.recognized, 1, Integer::sum);
        }
        return new RecognitionResult(confusion, thresholds == null ? List.of() : imageF1(images, thresholds));
    }

    private static List<ImageF1> imageF1(List<Image> images, Thresholds thresholds) {
        Map<String, Double> bestOfClass = new TreeMap<>();
        images.stream()
                .collect(Collectors.groupingBy(Image::className))
                .forEach((name, own) ->
                        ranking(own, Image::score).bestF1().ifPresent(best -> bestOfClass.put(name, best.threshold())));
        return List.of(
                new ImageF1(
                        Given.NOTHING,
                        f1(images, image -> thresholds.common().exceededBy(image.score)),
                        best(images, Image::score)),
                new ImageF1(
                        Given.RECOGNIZED,
                        f1(images, image -> margin(image, thresholds) > 0),
                        best(images, image -> margin(image, thresholds))),
                new ImageF1(
                        Given.CLASS,
                        f1(images, image -> thresholds.of(image.className).exceededBy(image.score)),
                        bestOfClass.isEmpty()
                                ? OptionalDouble.empty()
                                : f1(images, image -> {
                                    Double least = bestOfClass.get(image.className);
                                    return least == null
                                            ? thresholds.of(image.className).exceededBy(image.score)
                                            : image.score >= least;
                                })));
    }

    /** Returns the distance from the threshold of the recognised class; an unknown product is above all others. */
    private static double margin(Image image, Thresholds thresholds) {
        return image.recognized == null
                ? Double.MAX_VALUE
                : thresholds.of(image.recognized).margin(image.score);
    }

    private static ScoreRanking ranking(List<Image> images, ToDoubleFunction<Image> score) {
        boolean[] labels = new boolean[images.size()];
        IntStream.range(0, labels.length).forEach(i -> labels[i] = images.get(i).defective());
        return ScoreRanking.of(images.stream().mapToDouble(score).toArray(), labels);
    }

    private static OptionalDouble best(List<Image> images, ToDoubleFunction<Image> score) {
        return ranking(images, score)
                .bestF1()
                .map(best -> OptionalDouble.of(best.value()))
                .orElse(OptionalDouble.empty());
    }

    private static OptionalDouble f1(List<Image> images, Predicate<Image> anomalous) {
        long defective = images.stream().filter(Image::defective).count();
        long found = images.stream().filter(anomalous).count();
        long right = images.stream().filter(Image::defective).filter(anomalous).count();
        return defective == 0 || defective == images.size()
                ? OptionalDouble.empty()
                : OptionalDouble.of(2.0 * right / (defective + found));
    }

    /** {@return the names of the recognised classes, and {@link #UNKNOWN} at the end} */
    public List<String> recognized() {
        List<String> names = new ArrayList<>(Stream.concat(
                        confusion.keySet().stream(), confusion.values().stream().flatMap(row -> row.keySet().stream()))
                .filter(name -> !name.equals(UNKNOWN))
                .distinct()
                .toList());
        names.add(UNKNOWN);
        return names;
    }

    /** {@return false if all images were recognised as the only class, else true} */
    public boolean telling() {
        return confusion.size() > 1
                || confusion.entrySet().stream()
                        .anyMatch(row -> !row.getValue().keySet().equals(java.util.Set.of(row.getKey())));
    }

    /**
     * Returns two plain-text tables: the number of images per true and recognised class, and F1 in percent. Ends with a
     * line break.
     *
     * @return the tables
     */
    public String toTable() {
        List<String> columns = recognized();
        List<List<String>> rows = new ArrayList<>();
        rows.add(Stream.concat(Stream.of("recognised as"), columns.stream()).toList());
        confusion.forEach((name, row) -> rows.add(Stream.concat(
                        Stream.of(name), columns.stream().map(column -> String.valueOf(row.getOrDefault(column, 0))))
                .toList()));
        List<List<String>> measured = new ArrayList<>();
        measured.add(List.of("image F1 of all classes by", "the model's thresholds", "the best on these images"));
        imageF1.forEach(each -> measured.add(
                List.of(each.given.title, EvaluationResult.percent(each.kept), EvaluationResult.percent(each.best))));
        return "\n" + table(rows) + (imageF1.isEmpty() ? "" : "\n" + table(measured));
    }

    private static String table(List<List<String>> rows) {
        int[] widths = IntStream.range(0, rows.get(0).size())
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElseThrow())
                .toArray();
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            text.append(String.format("%-" + widths[0] + "s", row.get(0)));
            for (int i = 1; i < widths.length; i++) {
                text.append(String.format("  %" + widths[i] + "s", row.get(i)));
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** Returns the result as JSON; F1 as fractions. */
    JsonObject json() {
        JsonObject counts = new JsonObject();
        confusion.forEach((name, row) -> {
            JsonObject object = new JsonObject();
            row.forEach(object::addProperty);
            counts.add(name, object);
        });
        JsonObject measured = new JsonObject();
        imageF1.forEach(each -> {
            JsonObject object = new JsonObject();
            object.add("kept", number(each.kept));
            object.add("best", number(each.best));
            measured.add(each.given.name().toLowerCase(Locale.ROOT), object);
        });
        JsonObject root = new JsonObject();
        root.add("confusion", counts);
        root.add("image_f1", measured);
        return root;
    }

    private static JsonElement number(OptionalDouble value) {
        return value.isPresent() ? new JsonPrimitive(value.getAsDouble()) : JsonNull.INSTANCE;
    }
}
