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
import org.rlr.tensor.RlrException;

/** Reads, resizes and normalises image files in batches, one batch ahead of their use, so that decoding overlaps computing. */
public final class ImageBatches {
    private static final int READERS = 2;

    private final Preprocessor preprocessor;
    private final int batchSize;

    /** Batches of at most {@code batchSize} images. */
    public ImageBatches(Preprocessor preprocessor, int batchSize) {
        this.preprocessor = preprocessor;
        this.batchSize = batchSize;
    }

    /** Uses one batch. */
    @FunctionalInterface
    public interface Consumer {
        /**
         * @param first  index of its first image
         * @param count  its images
         * @param pixels {@code [count, H, W, 3]}, normalised
         */
        void accept(int first, int count, float[] pixels);
    }

    /** Hands every batch to the consumer, in order, on the calling thread. @throws RlrException naming a file that cannot be read */
    public void forEach(List<Path> files, Consumer consumer) {
        ExecutorService readers = Executors.newFixedThreadPool(READERS, task -> {
            Thread t = new Thread(task, "rlr-image-reader");
            t.setDaemon(true);
            return t;
        });
        try {
            Deque<Future<float[]>> ahead = new ArrayDeque<>();
            int submitted = 0;
            int window = batchSize + Math.max(batchSize, READERS);
            for (int first = 0; first < files.size(); first += batchSize) {
                int count = Math.min(batchSize, files.size() - first);
                for (; submitted < Math.min(files.size(), first + window); submitted++) {
                    Path file = files.get(submitted);
                    ahead.add(readers.submit(() -> read(file)));
                }
                float[] pixels = new float[count * preprocessor.length()];
                for (int i = 0; i < count; i++) {
                    System.arraycopy(await(ahead.remove()), 0, pixels, i * preprocessor.length(), preprocessor.length());
                }
                consumer.accept(first, count, pixels);
            }
        } finally {
            readers.shutdownNow();
        }
    }

    private float[] read(Path file) {
        float[] pixels = new float[preprocessor.length()];
        preprocessor.apply(Images.read(file), pixels, 0);
        return pixels;
    }

    private static float[] await(Future<float[]> image) {
        try {
            return image.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RlrException("interrupted while reading images", e);
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
