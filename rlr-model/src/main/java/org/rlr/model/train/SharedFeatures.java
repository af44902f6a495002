package org.rlr.model.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.TileGrid;
import org.rlr.model.features.ComputedFeatureMaps;
import org.rlr.model.features.FeatureMaps;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;

/**
 * Feature maps of training and test images, computed once and shared by trainings and evaluations with the same
 * backbone, levels, image size and tiles: in memory up to a fifth of the Java heap, otherwise in a temporary file. An
 * image takes {@code 4·Σ h·w·C} bytes over the levels. Maps are computed in batches; on the CPU backend the batch does
 * not change an image's bits.
 */
public final class SharedFeatures implements FeatureMaps, AutoCloseable {
    private final List<LevelConfig> levels;
    private final int inputs;
    private final FeatureStore store;
    private final Map<ImageSource, Entry> entries = new HashMap<>();

    /** The place of an image's inputs in the store. */
    private record Entry(int first, int count, @Nullable TileGrid grid) {
        IntStream inputs() {
            return IntStream.range(first, first + count);
        }
    }

    /**
     * Computes the feature maps.
     *
     * @param backend the backbone's backend
     * @param backbone computes the maps; the caller may close it afterwards
     * @param config levels, image size and tiling; the rest may differ between the trainings
     * @param images the images; the maps of duplicates are kept once
     * @param listener receives the progress
     * @throws org.rlr.tensor.RlrException if an image cannot be read, or the temporary file cannot be written
     */
    @SuppressWarnings("try") // the scope only has to be open
    public SharedFeatures(
            Backend backend,
            Backbone backbone,
            RlrConfig config,
            Collection<ImageSource> images,
            TrainingListener listener) {
        ComputedFeatureMaps computed = new ComputedFeatureMaps(backbone, config, listener::heartbeat);
        List<ImageSource> distinct = List.copyOf(new LinkedHashSet<>(images));
        int total = 0;
        for (ImageSource image : distinct) {
            TileGrid grid = computed.grid(image);
            int count = grid == null ? 1 : grid.count();
            entries.put(image, new Entry(total, count, grid));
            total = Math.addExact(total, count);
        }
        inputs = total;
        levels = config.shapes(backbone.info().levels());
        store = new FeatureStore(
                inputs,
                TrainingFeatures.sizes(config, levels, Math.min(ComputedFeatureMaps.BATCH, inputs)),
                FeatureStore.MEMORY_LIMIT / 2);
        try {
            computed.forEachBatch(distinct, (first, count, maps) -> {
                try (TensorScope scope = TensorScope.inference(backend)) {
                    store.put(first, count, maps.get());
                }
                listener.features(first + count, inputs);
            });
        } catch (Throwable t) {
            store.close();
            throw t;
        }
    }

    /** {@return the number of images or tiles, and the size and place of their features} */
    public String description() {
        return String.format(
                java.util.Locale.ROOT,
                "features of %d %s: %.1f MiB %s",
                inputs,
                entries.size() == inputs ? "images" : "tiles",
                store.bytes() / (double) (1 << 20),
                store.onDisk() ? "in a temporary file" : "in memory");
    }

    private Entry entry(ImageSource image) {
        Entry entry = entries.get(image);
        if (entry == null) {
            throw new IllegalArgumentException("no shared features of the image " + image);
        }
        return entry;
    }

    @Override
    public int count(List<ImageSource> images) {
        return images.stream().mapToInt(image -> entry(image).count).sum();
    }

    @Override
    public void forEach(List<ImageSource> images, ImageConsumer consumer) {
        for (int i = 0; i < images.size(); i++) {
            CancelledException.throwIfInterrupted("reading features");
            Entry entry = entry(images.get(i));
            consumer.accept(i, new ImageMaps() {
                @Override
                public @Nullable TileGrid grid() {
                    return entry.grid;
                }

                @Override
                public List<Tensor> maps(int input) {
                    return tensors(new int[] {entry.first + input});
                }
            });
        }
    }

    @Override
    public void forEachBatch(List<ImageSource> images, BatchConsumer consumer) {
        int[] all = images.stream().flatMapToInt(image -> entry(image).inputs()).toArray();
        for (int first = 0; first < all.length; first += ComputedFeatureMaps.BATCH) {
            CancelledException.throwIfInterrupted("reading features");
            int[] batch = Arrays.copyOfRange(all, first, Math.min(all.length, first + ComputedFeatureMaps.BATCH));
            consumer.accept(first, batch.length, () -> tensors(batch));
        }
    }

    private List<Tensor> tensors(int[] batch) {
        List<Tensor> maps = new ArrayList<>();
        for (int i = 0; i < levels.size(); i++) {
            LevelConfig c = levels.get(i);
            maps.add(Tensor.of(store.batch(i, batch), batch.length, c.gridHeight(), c.gridWidth(), c.channels()));
        }
        return maps;
    }

    @Override
    public void close() {
        store.close();
    }
}
