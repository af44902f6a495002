package org.rlr.model.data;

import org.jspecify.annotations.Nullable;

/**
 * Reads masks: a pixel is anomalous where a colour sample of the mask file is above 0, whatever the number of bits;
 * alpha does not count. Masks should not be JPEG files, whose compression leaves small values beside edges.
 */
public final class Masks {
    private Masks() {}

    /**
     * Reads the mask of an image.
     *
     * @param mask the mask
     * @param image its image, for messages
     * @param imageSize the image's size
     * @return of the image's size
     * @throws ImageException if the mask cannot be read, as {@link Images#read}
     * @throws DataSetException if its size is not the image's
     */
    public static Mask read(ImageSource mask, ImageSource image, ImageSize imageSize) {
        boolean[] anomalous = mask.readNonZero(size -> checkSize(mask, size, image, imageSize));
        return new Mask(imageSize.width(), imageSize.height(), anomalous);
    }

    /**
     * Reads the masks of an image: it is anomalous where any of them says so.
     *
     * @param sample image and masks
     * @param imageSize the image's size
     * @return null where it has no mask
     * @throws ImageException as {@link #read(ImageSource, ImageSource, ImageSize)}
     * @throws DataSetException likewise
     */
    public static @Nullable Mask read(Sample sample, ImageSize imageSize) {
        Mask union = null;
        for (ImageSource each : sample.masks()) {
            Mask mask = read(each, sample.image(), imageSize);
            union = union == null ? mask : union.or(mask);
        }
        return union;
    }

    static void checkSize(ImageSource mask, ImageSize maskSize, ImageSource image, ImageSize imageSize) {
        if (!maskSize.equals(imageSize)) {
            throw new DataSetException(
                    "the mask " + mask + " is " + maskSize + " pixels, but its image " + image + " is " + imageSize,
                    "replace it by a mask of the image's size",
                    null);
        }
    }
}
