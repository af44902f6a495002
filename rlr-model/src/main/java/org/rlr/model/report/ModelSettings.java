package org.rlr.model.report;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Texts;

/** A model's shape and training as names and values: all settings in its file, including future ones. */
final class ModelSettings {
    private static final Set<String> OTHERWISE_SHOWN = Set.of("images", "loss", "scores", "thresholds");

    private ModelSettings() {}

    static Map<String, String> of(ModelInfo info) {
        Map<String, String> settings = new LinkedHashMap<>();
        JsonObject root = new Gson().toJsonTree(info).getAsJsonObject();
        root.asMap().forEach((part, values) -> {
            if (values instanceof JsonObject object && !OTHERWISE_SHOWN.contains(part)) {
                object.asMap()
                        .forEach((name, value) -> settings.put(
                                (part.equals("config") ? "model" : words(part)) + ": " + words(name), text(value)));
            } else if (values.isJsonPrimitive() && !OTHERWISE_SHOWN.contains(part)) {
                settings.put(words(part), text(values));
            }
        });
        if (info.images() > 0) {
            settings.put(
                    "trained on", Texts.count(info.images(), "image") + " of " + String.join(", ", info.classes()));
            settings.put("final loss", String.format(Locale.ROOT, "%.4f", info.loss()));
        }
        return settings;
    }

    /** Converts {@code imageHeight} to "image height". */
    private static String words(String name) {
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    }

    private static String text(JsonElement value) {
        if (value instanceof JsonArray array) {
            return StreamSupport.stream(array.spliterator(), false)
                    .map(ModelSettings::text)
                    .collect(Collectors.joining(", "));
        }
        return value.isJsonPrimitive() ? value.getAsString() : value.toString();
    }
}
