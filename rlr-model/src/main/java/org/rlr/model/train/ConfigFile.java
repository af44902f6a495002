package org.rlr.model.train;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rlr.model.attention.AttentionBlocks;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.GateMode;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Normalization;
import org.rlr.model.config.OptimizerMode;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Schedule;
import org.rlr.model.config.Scoring;
import org.rlr.model.config.Tiling;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.config.Validation;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;

/**
 * The model and training settings from a JSON file in the format of {@link ModelInfo#toJson}: reads its objects
 * {@code config} ({@link RlrConfig}), {@code training} ({@link TrainingSettings}) and {@code scoring} ({@link Scoring})
 * and skips the rest of a model's description. Omitted settings have the published value.
 *
 * @param config the model
 * @param training the training
 * @param scoring the scoring; null for the published one, with any levels
 * @param saysTraining whether the file has training settings; the description of an imported model has none
 */
public record ConfigFile(
        RlrConfig config,
        TrainingSettings training,
        @Nullable Scoring scoring,
        boolean saysTraining) {
    private static final Gson GSON = new Gson();
    private static final String REMEDY = "use one written by `ModelInfo.toJson`";

    /** The published settings with a backbone that needs no weights. */
    public static final ConfigFile PUBLISHED =
            new ConfigFile(RlrConfig.published(Backbones.WEIGHT_FREE), TrainingSettings.PUBLISHED, null, true);

    /**
     * Reads a configuration file.
     *
     * @param file a JSON file
     * @return its settings, with the published values for omitted ones
     * @throws RlrException naming file and value, if it cannot be read, is not JSON, or has an unknown key or a value
     *     out of range
     */
    public static ConfigFile read(Path file) {
        JsonObject root;
        try {
            JsonElement parsed = JsonParser.parseString(Files.readString(file));
            if (!parsed.isJsonObject()) {
                throw failure(file, "it is not a JSON object", null);
            }
            root = parsed.getAsJsonObject();
        } catch (IOException e) {
            throw new RlrException("cannot read the configuration " + file + ": " + IoReason.of(e), REMEDY, e);
        } catch (com.google.gson.JsonParseException e) {
            throw failure(file, IoReason.ofJson(e), e);
        }
        known(file, "", root, ModelInfo.class);
        if (!root.has("config") && !root.has("training")) {
            throw failure(file, "it has neither \"config\" nor \"training\"", null);
        }
        RlrConfig config = part(file, root, "config", defaults(root), RlrConfig.class);
        Scoring published = Scoring.published(config);
        Scoring scoring = part(file, root, "scoring", published, Scoring.class);
        return new ConfigFile(
                config,
                part(file, root, "training", PUBLISHED.training, TrainingSettings.class),
                scoring.equals(published) ? null : scoring,
                root.has("training"));
    }

    /** Returns the defaults of the file's backbone. */
    private static RlrConfig defaults(JsonObject root) {
        return root.get("config") instanceof JsonObject config
                        && config.get("backbone") instanceof JsonPrimitive name
                        && Backbones.names().contains(name.getAsString())
                ? Backbones.info(name.getAsString()).settings()
                : PUBLISHED.config;
    }

    /** Reads an object of the file; omitted values come from the defaults. */
    private static <T extends Record> T part(Path file, JsonObject root, String name, T defaults, Class<T> type) {
        JsonElement given = root.get(name);
        if (given == null) {
            return defaults;
        }
        if (!given.isJsonObject()) {
            throw failure(file, "\"" + name + "\" is not an object", null);
        }
        known(file, name + ".", given.getAsJsonObject(), type);
        if (given.getAsJsonObject().get("validation") instanceof JsonObject validation) {
            known(file, name + ".validation.", validation, Validation.class);
        }
        if (given.getAsJsonObject().get("tiling") instanceof JsonObject tiling) {
            known(file, name + ".tiling.", tiling, Tiling.class);
            if (!tiling.has("scale")) {
                tiling.addProperty("scale", 1);
            }
        }
        if (given.getAsJsonObject().get("normalization") instanceof JsonObject normalization) {
            known(file, name + ".normalization.", normalization, Normalization.class);
        }
        JsonObject merged = GSON.toJsonTree(defaults).getAsJsonObject();
        given.getAsJsonObject().asMap().forEach((key, value) -> {
            if (value.isJsonNull()) {
                throw failure(file, "\"" + name + "." + key + "\" is null; omit it for its default", null);
            }
            merged.add(key, value);
        });
        try {
            // the parser turns an unknown constant into null
            constant(merged, "gate", GateMode::of);
            constant(merged, "optimizer", OptimizerMode::of);
            constant(merged, "schedule", Schedule::of);
            // from text, where 1.5 is rejected as an integer; from a tree it would become 1
            T read = GSON.fromJson(merged.toString(), type);
            if (read instanceof RlrConfig config) {
                AttentionBlocks.inOrder(config.blocks());
                // an unknown name may be replaced by an option
                if (Backbones.names().contains(config.backbone())) {
                    config.requireFits(Backbones.info(config.backbone()).levels());
                }
            }
            return read;
        } catch (RuntimeException e) {
            // the parser wraps exceptions of a record's constructor
            Throwable why = e;
            while (why.getCause() instanceof RuntimeException cause) {
                why = cause;
            }
            if (why instanceof RlrException known) {
                throw known.at("\"" + name + "\"").at(unusable(file)).andRemedy("correct it, or " + REMEDY);
            }
            // remove the link for programmers from the parser's messages
            throw failure(
                    file,
                    "\"" + name + "\": "
                            + (why instanceof NullPointerException
                                    ? "a value in it is null"
                                    : String.valueOf(why.getMessage()).replaceAll("\\s+See https?:\\S+", "")),
                    e);
        }
    }

    private static void constant(JsonObject object, String name, Consumer<String> check) {
        if (object.has(name)) {
            check.accept(object.get(name).getAsString());
        }
    }

    private static void known(Path file, String prefix, JsonObject object, Class<? extends Record> type) {
        List<String> names = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
        for (String name : object.keySet()) {
            if (!names.contains(name)) {
                throw failure(
                        file, "unknown key \"" + prefix + name + "\", known keys: " + String.join(", ", names), null);
            }
        }
        for (RecordComponent each : type.getRecordComponents()) {
            // the parser reads any other word as false
            JsonElement value = object.get(each.getName());
            if (each.getType() == boolean.class
                    && value != null
                    && !(value.isJsonPrimitive() && value.getAsJsonPrimitive().isBoolean())) {
                throw failure(
                        file, "\"" + prefix + each.getName() + "\" is " + value + " instead of true or false", null);
            }
        }
    }

    private static String unusable(Path file) {
        return file + " is not a usable configuration";
    }

    private static RlrException failure(Path file, String why, @Nullable Throwable cause) {
        return new RlrException(unusable(file) + ": " + why, "correct it, or " + REMEDY, cause);
    }
}
