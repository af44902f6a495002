package org.rlr.model.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A class's list of Real-IAD: a JSON object with arrays {@code train} and {@code test} of objects with
 * {@code anomaly_class} ({@code OK} for normal), {@code image_path} and {@code mask_path}, both relative to the folder
 * of the class; a normal image's mask is null or empty.
 */
final class RealIadList {
    private static final String NORMAL = "OK";

    private final Path file;
    private final String className;
    private final Path folder;

    private RealIadList(Path file, String className, Path folder) {
        this.file = file;
        this.className = className;
        this.folder = folder;
    }

    /** Reads the images of a class. @throws DataSetException naming the fault of the list */
    static ClassSamples read(Path file, String className, Path folder) {
        RealIadList list = new RealIadList(file, className, folder);
        JsonObject root;
        try {
            root = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw list.unusable(" cannot be read as a JSON object (" + Folders.reason(e) + ")", e);
        }
        List<Sample> train = list.samples(root, "train");
        List<Sample> test = list.samples(root, "test");
        for (Sample sample : train) {
            if (sample.anomalous()) {
                throw new DataSetException(
                        "the list " + file + " has "
                                + train.stream().filter(Sample::anomalous).count()
                                + " defective images in 'train', first " + sample.image(),
                        "training images must be normal: use the lists in realiad_jsons or realiad_jsons_sv",
                        null);
            }
        }
        MaskPairing.requireOwn(test);
        return new ClassSamples(className, folder, train, test);
    }

    private List<Sample> samples(JsonObject root, String part) {
        if (!(root.get(part) instanceof JsonArray entries)) {
            throw unusable(" has no array '" + part + "'", null);
        }
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            String where = part + "[" + i + "]";
            if (!(entries.get(i) instanceof JsonObject entry)) {
                throw unusable(": " + where + " is no object", null);
            }
            String kind = text(entry, "anomaly_class");
            String image = text(entry, "image_path");
            if (kind == null || image == null) {
                throw unusable(": " + where + " has no anomaly_class or no image_path", null);
            }
            boolean anomalous = !kind.equals(NORMAL);
            String mask = text(entry, "mask_path");
            List<Path> masks = mask == null ? List.of() : List.of(path(mask, where));
            samples.add(new Sample(path(image, where), masks, className, anomalous ? kind : Sample.GOOD, anomalous));
        }
        return samples;
    }

    private Path path(String relative, String where) {
        return Folders.inside(folder, relative)
                .orElseThrow(() ->
                        unusable(": " + where + " names '" + relative + "', which is no file below " + folder, null));
    }

    private DataSetException unusable(String why, @Nullable Exception cause) {
        return new DataSetException("the list " + file + why, "copy it again", cause);
    }

    /** Returns a value, or null if it is absent, null or empty. */
    private static @Nullable String text(JsonObject entry, String key) {
        JsonElement value = entry.get(key);
        return value == null || !value.isJsonPrimitive() || value.getAsString().isEmpty() ? null : value.getAsString();
    }
}
