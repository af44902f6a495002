package org.rlr.model.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.MapScale;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.data.ImageSource;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Detection;
import org.rlr.model.detect.DetectionObserver;
import org.rlr.model.detect.DetectorOptions;
import org.rlr.model.detect.ReloadableDetector;
import org.rlr.model.features.ProductRecognizer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.MemoryUse;

/** The model of a service and its description; it is reloaded when its file changes. */
final class ServedModel implements AutoCloseable {
    /** The model that made the last detection of a thread, also during a reload. */
    private static final ThreadLocal<About> MADE_BY = new ThreadLocal<>();

    private final Path file;
    private final Supplier<DetectorOptions.Builder> options;
    private final DetectionObserver observer;

    private volatile @Nullable ReloadableDetector detector;
    private volatile @Nullable About about;
    private @Nullable Stamp loaded;
    private @Nullable Stamp seen;

    /** A version of the file. */
    private record Stamp(FileTime time, long size, @Nullable Object key) {
        /** Returns null if there is no file. */
        static @Nullable Stamp of(Path file) {
            try {
                BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
                return new Stamp(now.lastModifiedTime(), now.size(), now.fileKey());
            } catch (IOException e) {
                return null;
            }
        }
    }

    /**
     * The description of a model.
     *
     * @param recognizes the classes that it recognises; empty if it recognises none
     * @param scale the colour scale of its maps
     * @param json the answer to {@code GET /v1/model}
     */
    record About(List<String> recognizes, MapScale scale, JsonObject json) {
        static About of(AnomalyDetector detector) {
            List<String> recognizes = ProductRecognizer.names(detector.model().recognizer());
            ModelInfo info = detector.info();
            JsonObject json = new JsonObject();
            json.addProperty("backbone", info.config().backbone());
            json.addProperty("image_width", info.config().imageWidth());
            json.addProperty("image_height", info.config().imageHeight());
            json.addProperty("tiled", info.config().tiling() != null);
            json.add("classes", array(info.classes()));
            json.add("recognizes", array(recognizes));
            json.addProperty("threshold", info.thresholds().common().value());
            JsonObject own = new JsonObject();
            info.thresholds().perClass().forEach((name, threshold) -> own.addProperty(name, threshold.value()));
            json.add("class_thresholds", own);
            json.addProperty(
                    "loaded", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
            return new About(recognizes, info.mapScale(), json);
        }

        private static JsonArray array(List<String> names) {
            JsonArray array = new JsonArray();
            names.forEach(array::add);
            return array;
        }
    }

    /**
     * A detection and the model that made it.
     *
     * @param detection the result
     * @param about the model
     */
    record Made(Detection detection, About about) {}

    /**
     * A model that is not loaded yet.
     *
     * @param file the model file
     * @param options options for each detector
     * @param observer called for each detection
     */
    ServedModel(Path file, Supplier<DetectorOptions.Builder> options, DetectionObserver observer) {
        this.file = file;
        this.options = options;
        this.observer = observer;
    }

    /**
     * Loads the file, warms the model up and puts it into use. The previous model serves until then, and stays in use
     * if the file cannot be loaded.
     *
     * @throws RlrException if it cannot be loaded; {@link #changed} is then false until the file changes
     */
    synchronized void load() {
        loaded = Stamp.of(file);
        seen = loaded;
        AtomicReference<@Nullable About> made = new AtomicReference<>();
        DetectorOptions all = options.get()
                .observer(times -> {
                    MADE_BY.set(made.get());
                    observer.examined(times);
                })
                .build();
        AnomalyDetector next = AnomalyDetector.load(file, all);
        About told = About.of(next);
        made.set(told);
        ReloadableDetector serving = detector;
        if (serving == null) {
            detector = new ReloadableDetector(next, all);
        } else {
            serving.replace(next);
        }
        about = told;
    }

    /** Returns whether the file differs from the one loaded last, and has not changed since the previous call. */
    synchronized boolean changed() {
        Stamp now = Stamp.of(file);
        boolean changed = now != null && now.equals(seen) && !now.equals(loaded);
        seen = now;
        return changed;
    }

    /** Returns the description of the model; null during the first load. */
    @Nullable
    About about() {
        return about;
    }

    /**
     * Examines an image.
     *
     * @param className null to recognise it
     * @throws RlrException as {@link org.rlr.model.detect.Detector#detect(ImageSource, String)}
     * @throws IllegalStateException before the first {@link #load} and after {@link #close}
     */
    Made detect(ImageSource image, @Nullable String className) {
        ReloadableDetector serving = detector;
        if (serving == null) {
            throw new IllegalStateException("no model is loaded");
        }
        Detection detection = serving.detect(image, className);
        Made made = new Made(detection, MADE_BY.get());
        MADE_BY.remove();
        return made;
    }

    /** Returns the memory of the backend; zeros if no model is loaded. */
    MemoryUse memory() {
        ReloadableDetector serving = detector;
        try {
            return serving == null ? new MemoryUse(0, 0, 0) : serving.memory();
        } catch (IllegalStateException closed) {
            return new MemoryUse(0, 0, 0);
        }
    }

    /** Closes the model, as {@link ReloadableDetector#close()}. */
    @Override
    public void close() {
        ReloadableDetector serving = detector;
        if (serving != null) {
            serving.close();
        }
    }
}
