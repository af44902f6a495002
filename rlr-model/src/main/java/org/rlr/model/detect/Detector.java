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
 * Finds anomalies in images; applications depend on this interface. {@link AnomalyDetector} uses one model;
 * {@link ReloadableDetector} can change its model during use. All methods are safe for use by several threads.
 *
 * <p>All methods that take an image call {@link #detect(ImageSource, String)}. Pass the file or its bytes: damaged,
 * truncated and unsupported images then cause an {@link ImageException} with the reason. {@code ImageIO.read} returns a
 * partial picture for a truncated JPEG, and null for an unknown format.
 *
 * <p>All of them throw
 *
 * <ul>
 *   <li>{@link ImageException} if the image cannot be read,
 *   <li>{@link org.rlr.tensor.InvalidSettingException} if the model has no threshold for the class,
 *   <li>{@link org.rlr.tensor.ResourceException} if memory runs out or too many calls wait; a later call may succeed,
 *   <li>{@link org.rlr.tensor.CancelledException} if the thread is interrupted; its interrupt status stays set,
 *   <li>{@link org.rlr.tensor.RlrException} if the score is not finite: the model has diverged,
 *   <li>{@link IllegalStateException} after {@link #close()}.
 * </ul>
 */
public interface Detector extends AutoCloseable {
    /**
     * Examines an image of any size with the threshold of a product class: the given class, or the one that the image
     * is {@linkplain Detection#className recognised} as; otherwise with the common threshold.
     *
     * @param image resized to the model's input, or cut into tiles if the model was trained with tiles
     * @param className the product class; null to recognise it
     * @return score, verdict and map
     */
    Detection detect(ImageSource image, @Nullable String className);

    /**
     * Examines an image on a thread of the detector. Images are processed in the order of these calls. The call never
     * blocks: if too many calls wait already, the returned future fails at once. Cancelling the future, or a timeout by
     * {@link CompletableFuture#orTimeout}, removes a waiting image, and stops an image in progress between two steps.
     *
     * <p>Dependent actions, such as those of {@code thenApply}, run on that thread. They must not block on another
     * image of this detector, which could deadlock; use {@code thenCompose}.
     *
     * @param image as for {@link #detect(ImageSource, String)}; read when its turn comes
     * @param className the product class; null to recognise it
     * @return completed with the detection, or with the exception that {@link #detect(ImageSource, String)} would throw
     */
    CompletableFuture<Detection> detectAsync(ImageSource image, @Nullable String className);

    /** {@return settings, scoring and thresholds of the model; available after {@link #close()}, too} */
    ModelInfo info();

    /** {@return the memory that the backend uses and holds} */
    MemoryUse memory();

    /** Releases memory kept for reuse; calls in progress are not affected, the next call is slightly slower. */
    void trim();

    /** Waits for the calls in progress, rejects new ones, and releases threads and memory. May be called repeatedly. */
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
     * Examines an image file with the threshold of a product class.
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
     * Examines an image file from a stream. The stream is read before the call waits for its turn, so a slow sender
     * does not block others. Limit the request size that your service accepts.
     *
     * @param encoded the contents of an image file, read to the end; not closed
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
     * Examines a Java image. If the image is in a file, pass the file or its bytes instead: {@code ImageIO.read} hides
     * damage.
     *
     * @param image grey, RGB or CMYK, of any size
     * @return score, verdict and map
     */
    default Detection detect(@Nullable BufferedImage image) {
        return detect(sourceOf(image), null);
    }

    /**
     * Examines a Java image with the threshold of a product class, as {@link #detect(BufferedImage)}.
     *
     * @param image grey, RGB or CMYK, of any size
     * @param className the product class; null to recognise it
     * @return score, verdict and map
     */
    default Detection detect(@Nullable BufferedImage image, @Nullable String className) {
        return detect(sourceOf(image), className);
    }

    /**
     * Examines a frame, for example of a camera.
     *
     * @param frame the rows, from the buffer's position, which does not change; must not be modified during the call
     * @param width pixels per row
     * @param height rows
     * @param rowStride bytes from the start of one row to the start of the next
     * @param format pixel format
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
     * @return completed with the detection or its failure
     */
    default CompletableFuture<Detection> detectAsync(ImageSource image) {
        return detectAsync(image, null);
    }

    /**
     * Examines images in order, up to four at a time. If an image fails, the stream throws its error at its position
     * and ends; the stream's {@link Stream#iterator() iterator} throws it from {@code hasNext} or {@code next} and then
     * continues with the next image.
     *
     * @param images fetched on demand, on the thread that consumes the stream
     * @return the detections; close the stream if you do not consume it completely
     */
    default Stream<Detection> detectAll(Iterable<? extends ImageSource> images) {
        return new OrderedDetections(this, images.iterator()).stream();
    }

    /**
     * Examines the images of a stream, as {@link #detectAll(Iterable)}.
     *
     * @param images fetched on demand, on the thread that consumes the result; closed with the result
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
                    "the image is null; ImageIO.read returns null for an unknown format",
                    "pass the bytes or the path of the image; the error then names the cause",
                    null);
        }
        return ImageSource.of("", image);
    }
}
