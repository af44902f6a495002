package org.rlr.model.data;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Tiling;
import org.rlr.tensor.CancelledException;

/**
 * Makes a model's inputs of images: reads, resizes and normalises them, cut into tiles where the model has some.
 * Thread-safe.
 */
public final class InputPipeline {
    private static final int READERS = 2;

    private final Preprocessor preprocessor;
    private final @Nullable Tiling tiling;

    /**
     * The pipeline of a model of that shape.
     *
     * @param config input size and tiling
     * @param normalization how the backbone wants pixels
     */
    public InputPipeline(RlrConfig config, Normalization normalization) {
        this.preprocessor = new Preprocessor(config.imageHeight(), config.imageWidth(), normalization);
        this.tiling = config.tiling();
    }

    /** Sees the images one after the other. */
    @FunctionalInterface
    public interface Consumer {
        /**
         * An image, by its place in the list.
         *
         * @param index place in the list, from 0
         * @param inputs the whole image or its tiles
         */
        void accept(int index, ImageInputs inputs);
    }

    /** {@return numbers per input: {@code H·W·3}} */
    public int length() {
        return preprocessor.length();
    }

    /** Whether images become several inputs each. */
    boolean tiled() {
        return tiling != null;
    }

    /**
     * The inputs of an image.
     *
     * @param image of any size
     * @return the whole image or its tiles
     * @throws ImageException if its tiles would be of too many pixels
     */
    public ImageInputs inputs(RgbImage image) {
        return tiling == null
                ? ImageInputs.whole(image, preprocessor)
                : ImageInputs.tiles(image, grid(image.size(), tiling), preprocessor);
    }

    /**
     * How many inputs files become, by their headers.
     *
     * @param files image files
     * @return their number; without tiling no file is looked at
     * @throws ImageException naming a file that cannot be read
     */
    public int count(List<Path> files) {
        Tiling cut = tiling;
        return cut == null
                ? files.size()
                : Math.toIntExact(files.stream()
                        .mapToLong(file -> grid(file, cut).count())
                        .sum());
    }

    /**
     * Where the tiles of a file lie, by its header; null where images are not cut.
     *
     * @param file an image file
     * @return the grid, or null
     * @throws ImageException naming the file if it cannot be read
     */
    public @Nullable TileGrid grid(Path file) {
        return tiling == null ? null : grid(file, tiling);
    }

    private TileGrid grid(Path file, Tiling cut) {
        return named(file, () -> grid(Images.size(file), cut));
    }

    private TileGrid grid(ImageSize size, Tiling cut) {
        return TileGrid.of(size, preprocessor.height(), preprocessor.width(), cut);
    }

    /**
     * Hands the inputs of every file to the consumer, in order, on the calling thread, while {@code ahead} more are
     * read.
     *
     * @param files image files
     * @param ahead how many more files are read while the consumer works, at least 0
     * @param consumer called once per file
     * @throws ImageException naming a file that cannot be read
     */
    public void forEach(List<Path> files, int ahead, Consumer consumer) {
        ExecutorService readers = Executors.newFixedThreadPool(READERS, task -> {
            Thread t = new Thread(task, "rlr-image-reader");
            t.setDaemon(true);
            return t;
        });
        try {
            Deque<Future<ImageInputs>> reading = new ArrayDeque<>();
            int submitted = 0;
            for (int index = 0; index < files.size(); index++) {
                for (; submitted < Math.min((long) files.size(), index + 1L + ahead); submitted++) {
                    Path file = files.get(submitted);
                    reading.add(readers.submit(() -> read(file)));
                }
                consumer.accept(index, await(reading.remove()));
            }
        } finally {
            readers.shutdownNow();
        }
    }

    private ImageInputs read(Path file) {
        RgbImage image = Images.read(file);
        return tiling == null ? inputs(image) : named(file, () -> inputs(image));
    }

    /** Adds the file name to errors that lack it. */
    private static <T> T named(Path file, Supplier<T> work) {
        try {
            return work.get();
        } catch (ImageException e) {
            throw e.getMessage().contains(file.toString()) ? e : e.in(file);
        }
    }

    private static ImageInputs await(Future<ImageInputs> image) {
        try {
            return image.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while reading images", "", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException r) {
                throw r;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new CompletionException(e.getCause());
        }
    }
}
