package org.rlr.model.data;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes batches of inputs from images. Reads about one batch ahead, so that decoding overlaps with computing. */
public final class ImageBatches {
    private static final int LEAST_AHEAD = 2;

    private final InputPipeline pipeline;
    private final int batchSize;

    /**
     * Creates batches of at most {@code batchSize} inputs.
     *
     * @param pipeline makes the inputs
     * @param batchSize at least 1; the last batch may be smaller
     */
    public ImageBatches(InputPipeline pipeline, int batchSize) {
        this.pipeline = pipeline;
        this.batchSize = batchSize;
    }

    /** Receives the batches. */
    @FunctionalInterface
    public interface Consumer {
        /**
         * Takes a batch.
         *
         * @param first index of its first input among all images, or among all their tiles
         * @param count the number of its inputs
         * @param pixels {@code [count, H, W, 3]}, normalised
         */
        void accept(int first, int count, float[] pixels);
    }

    /**
     * Passes every batch to the consumer, in order, on the calling thread.
     *
     * @param images the images to read
     * @param consumer called once per batch
     * @throws ImageException naming an image that cannot be read
     */
    public void forEach(List<ImageSource> images, Consumer consumer) {
        Filling filling = new Filling(Math.min(batchSize, pipeline.count(images)), consumer);
        pipeline.forEach(
                images,
                pipeline.tiled() ? LEAST_AHEAD : Math.max(batchSize, LEAST_AHEAD),
                (index, inputs) -> filling.add(inputs));
        filling.flush();
    }

    /** A batch while it is filled. */
    private final class Filling {
        private final int size;
        private final Consumer consumer;
        private float @Nullable [] pixels;
        private int first;
        private int count;

        Filling(int size, Consumer consumer) {
            this.size = size;
            this.consumer = consumer;
        }

        void add(ImageInputs inputs) {
            for (int i = 0; i < inputs.count(); i++) {
                float[] batch = pixels;
                if (batch == null) {
                    batch = new float[size * pipeline.length()];
                    pixels = batch;
                }
                inputs.write(i, batch, count++ * pipeline.length());
                if (count == size) {
                    flush();
                }
            }
        }

        void flush() {
            float[] batch = pixels;
            if (batch != null) {
                consumer.accept(first, count, count == size ? batch : Arrays.copyOf(batch, count * pipeline.length()));
                first += count;
                count = 0;
                pixels = null;
            }
        }
    }
}
