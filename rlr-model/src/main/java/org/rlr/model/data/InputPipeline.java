package org.rlr.model.data;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Normalization;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Tiling;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;

/**
 * Makes a model's inputs from images: reads, resizes and normalises them, and cuts them into tiles if the model uses
 * tiles. Thread-safe.
 */
public final class InputPipeline {
    private static final int READERS = 2;
    private static final String READING = "reading images";
    private static final int HEARTBEAT_MILLIS = 100;

    private final Preprocessor preprocessor;
    private final @Nullable Tiling tiling;
    private final Runnable heartbeat;

    /**
     * Creates the pipeline of a model.
     *
     * @param config input size and tiling
     * @param normalization how the backbone wants pixels
     */
    public InputPipeline(RlrConfig config, Normalization normalization) {
        this(config, normalization, () -> {});
    }

    /**
     * Creates the pipeline of a model, with a callback that runs while it waits for images.
     *
     * @param config input size and tiling
     * @param normalization how the backbone wants pixels
     * @param heartbeat runs ten times a second on the thread that waits for an image; an exception from it ends the
     *     wait
     */
    public InputPipeline(RlrConfig config, Normalization normalization, Runnable heartbeat) {
        this.heartbeat = heartbeat;
        this.preprocessor = new Preprocessor(config.imageHeight(), config.imageWidth(), normalization);
        this.tiling = config.tiling();
    }

    /** Receives the images in order. */
    @FunctionalInterface
    public interface Consumer {
        /**
         * Takes the inputs of an image.
         *
         * @param index place in the list, from 0
         * @param inputs the whole image or its tiles
         */
        void accept(int index, ImageInputs inputs);

        /**
         * Takes the error of an image that cannot be read; throws it by default.
         *
         * @param index place in the list, from 0
         * @param e the error, with the image and the reason
         */
        default void failed(int index, RlrException e) {
            throw e;
        }
    }

    /** {@return the values per input: {@code H·W·3}} */
    public int length() {
        return preprocessor.length();
    }

    /** Returns whether images are cut into tiles. */
    boolean tiled() {
        return tiling != null;
    }

    /**
     * Returns the inputs of an image.
     *
     * @param image of any size
     * @return the whole image or its tiles
     * @throws ImageException if its tiles would have too many pixels
     */
    public ImageInputs inputs(RgbImage image) {
        return tiling == null
                ? ImageInputs.whole(image, preprocessor)
                : ImageInputs.tiles(image, grid(image.size(), tiling), preprocessor);
    }

    /**
     * Returns the number of inputs of images; reads only their headers.
     *
     * @param images where they are read from
     * @return the number; without tiling it reads no image
     * @throws ImageException naming an image that cannot be read
     */
    public int count(List<ImageSource> images) {
        Tiling cut = tiling;
        return cut == null
                ? images.size()
                : Math.toIntExact(images.stream()
                        .mapToLong(image -> grid(image, cut).count())
                        .sum());
    }

    /**
     * Returns the places of an image's tiles, reading only its header; null if images are not cut.
     *
     * @param image the image
     * @return the grid, or null
     * @throws ImageException naming the image if it cannot be read
     */
    public @Nullable TileGrid grid(ImageSource image) {
        return tiling == null ? null : grid(image, tiling);
    }

    private TileGrid grid(ImageSource image, Tiling cut) {
        ImageSize size = image.size();
        return named(image, () -> grid(size, cut));
    }

    private TileGrid grid(ImageSize size, Tiling cut) {
        return TileGrid.of(size, preprocessor.height(), preprocessor.width(), cut);
    }

    /**
     * Passes the inputs of every image to the consumer, in order, on the calling thread, while {@code ahead} more are
     * read.
     *
     * @param images where they are read from
     * @param ahead the number of images that are read while the consumer works, at least 0
     * @param consumer called once per image
     * @throws ImageException naming an image that cannot be read, unless {@link Consumer#failed} handles it
     * @throws CancelledException if the thread is interrupted; its interrupt status stays set
     */
    public void forEach(List<ImageSource> images, int ahead, Consumer consumer) {
        ExecutorService readers = Executors.newFixedThreadPool(READERS, task -> {
            Thread t = new Thread(task, "rlr-image-reader");
            t.setDaemon(true);
            return t;
        });
        try {
            Deque<Future<ImageInputs>> reading = new ArrayDeque<>();
            int submitted = 0;
            for (int index = 0; index < images.size(); index++) {
                for (; submitted < Math.min((long) images.size(), index + 1L + ahead); submitted++) {
                    ImageSource image = images.get(submitted);
                    reading.add(readers.submit(() -> read(image)));
                }
                CancelledException.throwIfInterrupted(READING);
                ImageInputs inputs;
                try {
                    inputs = await(reading.remove());
                } catch (ImageException | ResourceException e) {
                    consumer.failed(index, e);
                    continue;
                }
                consumer.accept(index, inputs);
            }
        } finally {
            readers.shutdownNow();
        }
    }

    private ImageInputs read(ImageSource source) {
        RgbImage image = source.read();
        return tiling == null ? inputs(image) : named(source, () -> inputs(image));
    }

    /** Adds the name of the image to errors raised after its header is read. */
    private static <T> T named(ImageSource image, Supplier<T> work) {
        try {
            return work.get();
        } catch (ImageException e) {
            throw e.at(image);
        }
    }

    private ImageInputs await(Future<ImageInputs> image) {
        try {
            while (true) {
                try {
                    return image.get(HEARTBEAT_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    heartbeat.run();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while " + READING, "", e);
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
