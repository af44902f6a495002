package org.rlr.model.train;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.io.IoReason;

/**
 * The features of images, computed once and read in every epoch: in memory up to a part of the Java heap, otherwise in
 * a temporary file that is deleted on closing.
 */
final class FeatureStore implements AutoCloseable {
    /** The most bytes in memory of all open stores together: two fifths of the heap. */
    static final long MEMORY_LIMIT = Runtime.getRuntime().maxMemory() / 5 * 2;

    private final int images;
    private final int[] sizes;
    private final long perImage;
    /** Empty if the features are on disk. */
    private final float[][][] memory;

    private final @Nullable FileChannel file;

    /**
     * @param images number of images
     * @param sizes values per image of each level
     */
    FeatureStore(int images, int[] sizes) {
        this(images, sizes, MEMORY_LIMIT);
    }

    /** @param memoryLimit bytes; larger features are kept on disk */
    FeatureStore(int images, int[] sizes, long memoryLimit) {
        this.images = images;
        this.sizes = sizes.clone();
        long values = 0;
        for (int size : sizes) {
            values += size;
        }
        perImage = values * Float.BYTES;
        if (perImage * images <= memoryLimit) {
            memory = new float[images][sizes.length][];
            file = null;
        } else {
            memory = new float[0][][];
            try {
                Path path = Files.createTempFile("rlr-features", ".bin");
                file = FileChannel.open(
                        path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            } catch (IOException e) {
                throw failure(images, e);
            }
        }
    }

    /** Returns whether the features are kept on disk. */
    boolean onDisk() {
        return file != null;
    }

    /** Returns the bytes of all features. */
    long bytes() {
        return perImage * images;
    }

    /** Stores the values of consecutive images: per level a tensor of {@code count} times the level's size. */
    void put(int first, int count, List<Tensor> levels) {
        for (int level = 0; level < levels.size(); level++) {
            float[] values = levels.get(level).toArray();
            for (int i = 0; i < count; i++) {
                put(first + i, level, values, i * sizes[level]);
            }
        }
    }

    /** Stores the values of an image at a level, from {@code source[offset]}. */
    void put(int image, int level, float[] source, int offset) {
        FileChannel disk = file;
        if (disk == null) {
            memory[image][level] = java.util.Arrays.copyOfRange(source, offset, offset + sizes[level]);
            return;
        }
        ByteBuffer bytes = ByteBuffer.allocate(sizes[level] * Float.BYTES).order(ByteOrder.nativeOrder());
        bytes.asFloatBuffer().put(source, offset, sizes[level]);
        try {
            long at = position(image, level);
            while (bytes.hasRemaining()) {
                at += disk.write(bytes, at);
            }
        } catch (IOException e) {
            throw failure(image + 1, e);
        }
    }

    /** Reads the values of an image at a level to {@code target[offset]}. */
    void get(int image, int level, float[] target, int offset) {
        FileChannel disk = file;
        if (disk == null) {
            System.arraycopy(memory[image][level], 0, target, offset, sizes[level]);
            return;
        }
        ByteBuffer bytes = ByteBuffer.allocate(sizes[level] * Float.BYTES).order(ByteOrder.nativeOrder());
        try {
            long at = position(image, level);
            while (bytes.hasRemaining()) {
                int read = disk.read(bytes, at);
                if (read < 0) {
                    throw new IOException("the temporary file of features has become shorter");
                }
                at += read;
            }
        } catch (IOException e) {
            throw failure(image + 1, e);
        }
        bytes.flip().order(ByteOrder.nativeOrder()).asFloatBuffer().get(target, offset, sizes[level]);
    }

    /** Returns the values of several images at a level, concatenated. */
    float[] batch(int level, int[] images) {
        float[] batch = new float[images.length * sizes[level]];
        for (int i = 0; i < images.length; i++) {
            get(images[i], level, batch, i * sizes[level]);
        }
        return batch;
    }

    private long position(int image, int level) {
        long values = 0;
        for (int i = 0; i < level; i++) {
            values += sizes[i];
        }
        return image * perImage + values * Float.BYTES;
    }

    private RlrException failure(int count, IOException e) {
        if (e instanceof ClosedByInterruptException) {
            return new CancelledException("interrupted while features of images were kept or read", "", e);
        }
        return new ResourceException(
                ResourceException.Resource.DISK,
                "cannot keep the features of the images (" + ((perImage * count) >> 20) + " MiB so far) in "
                        + System.getProperty("java.io.tmpdir") + ": " + IoReason.of(e),
                "make room there, choose another folder with java -Djava.io.tmpdir=DIR, or raise the heap with "
                        + "java -Xmx",
                e);
    }

    @Override
    public void close() {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw new ResourceException(
                        ResourceException.Resource.DISK,
                        "cannot remove the temporary file of features: " + IoReason.of(e),
                        "remove rlr-features*.bin in " + System.getProperty("java.io.tmpdir") + " yourself",
                        e);
            }
        }
    }
}
