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
import org.rlr.tensor.RlrException;

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

    /** The images of a class. @throws RlrException naming what is wrong with the list */
    static ClassSamples read(Path file, String className, Path folder) {
        RealIadList list = new RealIadList(file, className, folder);
        JsonObject root;
        try {
            root = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw new RlrException(
                    "the list " + file + " cannot be read as a JSON object (" + Folders.reason(e) + "); copy it again",
                    e);
        }
        List<Sample> train = list.samples(root, "train");
        List<Sample> test = list.samples(root, "test");
        for (Sample sample : train) {
            if (sample.anomalous()) {
                throw new RlrException("the list " + file + " has "
                        + train.stream().filter(Sample::anomalous).count() + " defective images in 'train', first "
                        + sample.image()
                        + "; training images must be normal, take the lists in realiad_jsons/realiad_jsons");
            }
        }
        return new ClassSamples(className, folder, train, test);
    }

    private List<Sample> samples(JsonObject root, String part) {
        if (!(root.get(part) instanceof JsonArray entries)) {
            throw new RlrException("the list " + file + " has no array '" + part + "'; copy it again");
        }
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            String where = part + "[" + i + "]";
            if (!(entries.get(i) instanceof JsonObject entry)) {
                throw new RlrException("the list " + file + ": " + where + " is no object; copy it again");
            }
            String kind = text(entry, "anomaly_class");
            String image = text(entry, "image_path");
            if (kind == null || image == null) {
                throw new RlrException(
                        "the list " + file + ": " + where + " has no anomaly_class or no image_path; copy it again");
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
                .orElseThrow(() -> new RlrException("the list " + file + ": " + where + " names '" + relative
                        + "', which is no file below " + folder + "; copy it again"));
    }

    /** A value, or null where it is absent, null or empty. */
    private static String text(JsonObject entry, String key) {
        JsonElement value = entry.get(key);
        return value == null || !value.isJsonPrimitive() || value.getAsString().isEmpty() ? null : value.getAsString();
    }
}
