package org.rlr.model.detect;

import java.awt.image.BufferedImage;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Images;
import org.rlr.model.data.PixelFormat;
import org.rlr.model.data.RgbImage;
import org.rlr.tensor.backend.MemoryUse;

/**
 * Finds anomalies in images: what an application depends on. {@link AnomalyDetector} is one model;
 * {@link ReloadableDetector} changes its model while it is used. All methods may be called by any number of threads at
 * once.
 *
 * <p>Every way to give an image ends in {@link #detect(ImageSource, String)}. Give the file or its bytes: damaged,
 * truncated and unsupported images are then an {@link ImageException} with its reason. {@code ImageIO.read} makes half
 * a picture of a truncated JPEG, and null of a format that it does not know.
 *
 * <p>All of them throw
 *
 * <ul>
 *   <li>{@link ImageException} if the image cannot be read,
 *   <li>{@link org.rlr.tensor.InvalidSettingException} if the model has no threshold for the class,
 *   <li>{@link org.rlr.tensor.ResourceException} if memory is short, or too many calls wait: the next call may succeed,
 *   <li>{@link org.rlr.tensor.CancelledException} if the thread is interrupted, which stays interrupted,
 *   <li>{@link org.rlr.tensor.RlrException} if the score is not finite: the model has diverged,
 *   <li>{@link IllegalStateException} after {@link #close()}.
 * </ul>
 */
public interface Detector extends AutoCloseable {
    /**
     * Examines an image of any size by the threshold of a product class: of the given one, or of the one that the image
     * is {@linkplain Detection#className recognised} as, or by the common one.
     *
     * @param image resized to the model's input, or cut into tiles where the model was trained so
     * @param className the product class; null to recognise it
     * @return score, verdict and map
     */
    Detection detect(ImageSource image, @Nullable String className);

    /**
     * Examines an image on a thread of the detector. Images are taken in the order of these calls. No call waits here:
     * where too many wait already, the result is a failure at once. Cancelling the result, or
     * {@link CompletableFuture#orTimeout} once the time is over, gives up an image that waits, and ends one that is
     * being examined between two of its steps.
     *
     * <p>What depends on the result, as by {@code thenApply}, runs on that thread. It must not wait there for another
     * image of this detector, whose turn may never come: go on with {@code thenCompose}.
     *
     * @param image as for {@link #detect(ImageSource, String)}; read when its turn comes
     * @param className the product class; null to recognise it
     * @return completed by the detection, or by what {@link #detect(ImageSource, String)} would throw
     */
    CompletableFuture<Detection> detectAsync(ImageSource image, @Nullable String className);

    /** {@return settings, scoring and thresholds of the model; also after {@link #close()}} */
    ModelInfo info();

    /** {@return the memory that the backend uses and holds} */
    MemoryUse memory();

    /** Gives back the memory that is kept for reuse; calls in progress are not touched, the next is a little slower. */
    void trim();

    /** Waits for the calls in progress, refuses all others, and gives back threads and memory. May be called again. */
    @Override
    void close();

    /**
     * Examines an image.
     *
     * @param image of any size
     * @return score, verdict and map
     */
    default Detection detect(ImageSource image) {
        return detect(image, null);
    }

    /**
     * Examines an image file.
     *
     * @param image a file of a supported format
     * @return score, verdict and map
     */
    default Detection detect(Path image) {
        return detect(ImageSource.of(image), null);
    }

    /**
     * Examines an image file by the threshold of a product class.
     *
     * @param image a file of a supported format
     * @param className the product class; null to recognise it
     * @return score, verdict and map
     */
    default Detection detect(Path image, @Nullable String className) {
        return detect(ImageSource.of(image), className);
    }

    /**
     * Examines an image file in memory.
     *
     * @param encoded the contents of an image file
     * @return score, verdict and map
     */
    default Detection detect(byte[] encoded) {
        return detect(ImageSource.of("", encoded), null);
    }

    /**
     * Examines an image file from a stream. The stream is read before the call waits for its turn, so that a slow
     * sender keeps nobody waiting: limit the size of what your service accepts.
     *
     * @param encoded the contents of an image file, read to its end; not closed
     * @return score, verdict and map
     */
    default Detection detect(InputStream encoded) {
        return detect(Images.bytes(encoded));
    }

    /**
     * Examines pixels.
     *
     * @param image of any size
     * @return score, verdict and map
     */
    default Detection detect(RgbImage image) {
        return detect(ImageSource.of("", image), null);
    }

    /**
     * Examines a Java image. Where the image is in a file, give the file or its bytes instead: {@code ImageIO.read}
     * hides damage.
     *
     * @param image grey, RGB or CMYK, of any size
     * @return score, verdict and map
     */
    default Detection detect(@Nullable BufferedImage image) {
        return detect(sourceOf(image), null);
    }

    /**
     * Examines a Java image by the threshold of a product class, as {@link #detect(BufferedImage)}.
     *
     * @param image grey, RGB or CMYK, of any size
     * @param className the product class; null to recognise it
     * @return score, verdict and map
     */
    default Detection detect(@Nullable BufferedImage image, @Nullable String className) {
        return detect(sourceOf(image), className);
    }

    /**
     * Examines a frame, as of a camera.
     *
     * @param frame the rows, from the buffer's position on, which does not move; not to be written to during the call
     * @param width pixels per row
     * @param height rows
     * @param rowStride bytes from the beginning of a row to that of the next
     * @param format how the pixels are stored
     * @return score, verdict and map
     * @throws org.rlr.tensor.InvalidSettingException if a size is less than 1 or the rows overlap
     */
    default Detection detect(ByteBuffer frame, int width, int height, int rowStride, PixelFormat format) {
        return detect(ImageSource.of("", frame, width, height, rowStride, format), null);
    }

    /**
     * Examines an image on a thread of the detector, as {@link #detectAsync(ImageSource, String)}.
     *
     * @param image of any size; read when its turn comes
     * @return completed by the detection or its failure
     */
    default CompletableFuture<Detection> detectAsync(ImageSource image) {
        return detectAsync(image, null);
    }

    /**
     * Examines images in their order, up to four at a time. Of an image that fails the stream throws the error in its
     * place, which ends the stream; its {@link Stream#iterator() iterator} throws it from {@code hasNext} or
     * {@code next}, and then goes on with the next image.
     *
     * @param images taken as they are needed, on the thread that uses the stream
     * @return the detections; close the stream where it is not used to its end
     */
    default Stream<Detection> detectAll(Iterable<? extends ImageSource> images) {
        return new OrderedDetections(this, images.iterator()).stream();
    }

    /**
     * Examines the images of a stream as {@link #detectAll(Iterable)}.
     *
     * @param images taken as they are needed, on the thread that uses the result; closed with the result
     * @return the detections
     */
    default Stream<Detection> detectAll(Stream<? extends ImageSource> images) {
        Iterator<? extends ImageSource> iterator = images.iterator();
        return new OrderedDetections(this, iterator).stream().onClose(images::close);
    }

    private static ImageSource sourceOf(@Nullable BufferedImage image) {
        if (image == null) {
            throw new ImageException(
                    ImageException.Reason.UNSUPPORTED,
                    "the image is null, which is what ImageIO.read gives for a format that it does not know",
                    "give the bytes or the path of the image, and the error says what is wrong with it",
                    null);
        }
        return ImageSource.of("", image);
    }
}
