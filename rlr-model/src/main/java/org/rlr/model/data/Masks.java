package org.rlr.model.data;

import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads masks: a pixel is anomalous if a colour sample of the mask file is above 0, with any number of bits. Two kinds
 * have other rules: a mask of one colour with a varying alpha channel ({@link MaskTrait#ALPHA}), and a JPEG file
 * ({@link MaskTrait#JPEG}).
 */
public final class Masks {
    private Masks() {}

    /**
     * The mask of an image, with the traits of its files.
     *
     * @param mask where any of the files says so
     * @param traits of each file that has some, in their order
     */
    public record Reading(Mask mask, Map<ImageSource, Set<MaskTrait>> traits) {
        /**
         * Copies the map.
         *
         * @param mask where any of the files says so
         * @param traits of each file that has some, in their order
         */
        public Reading {
            traits = Collections.unmodifiableMap(new LinkedHashMap<>(traits));
        }
    }

    /**
     * Reads the mask of an image.
     *
     * @param mask the mask
     * @param image its image, for messages
     * @param imageSize the image's size
     * @return the mask, of the image's size
     * @throws ImageException if the mask cannot be read, as {@link Images#read}
     * @throws DataSetException if the mask and the image differ in size
     */
    public static Mask read(ImageSource mask, ImageSource image, ImageSize imageSize) {
        return new Mask(
                imageSize.width(),
                imageSize.height(),
                pixels(mask, image, imageSize).set());
    }

    private static MaskPixels pixels(ImageSource mask, ImageSource image, ImageSize imageSize) {
        return mask.readMask(size -> checkSize(mask, size, image, imageSize));
    }

    /**
     * Reads the masks of an image and returns their union.
     *
     * @param sample image and masks
     * @param imageSize the image's size
     * @return null where it has no mask
     * @throws ImageException as {@link #read(ImageSource, ImageSource, ImageSize)}
     * @throws DataSetException likewise
     */
    public static @Nullable Mask read(Sample sample, ImageSize imageSize) {
        Reading reading = readWithTraits(sample, imageSize);
        return reading == null ? null : reading.mask();
    }

    /**
     * Like {@link #read(Sample, ImageSize)}, with the traits of the mask files.
     *
     * @param sample image and masks
     * @param imageSize the image's size
     * @return null where it has no mask
     * @throws ImageException as {@link #read(ImageSource, ImageSource, ImageSize)}
     * @throws DataSetException likewise
     */
    public static @Nullable Reading readWithTraits(Sample sample, ImageSize imageSize) {
        Mask union = null;
        Map<ImageSource, Set<MaskTrait>> traits = new LinkedHashMap<>();
        for (ImageSource each : sample.masks()) {
            MaskPixels pixels = pixels(each, sample.image(), imageSize);
            Mask mask = new Mask(imageSize.width(), imageSize.height(), pixels.set());
            Set<MaskTrait> own = EnumSet.noneOf(MaskTrait.class);
            if (pixels.trait() != null) {
                own.add(pixels.trait());
            }
            if (isMostlySet(pixels.set())) {
                own.add(MaskTrait.MOSTLY_SET);
            }
            if (!own.isEmpty()) {
                traits.put(each, own);
            }
            union = union == null ? mask : union.or(mask);
        }
        return union == null ? null : new Reading(union, traits);
    }

    private static boolean isMostlySet(boolean[] pixels) {
        int set = 0;
        for (boolean pixel : pixels) {
            set += pixel ? 1 : 0;
        }
        return set > pixels.length / 2;
    }

    /** Returns whether a mask has a pixel set. */
    static boolean any(ImageSource mask) {
        for (boolean pixel : mask.readMask(size -> {}).set()) {
            if (pixel) {
                return true;
            }
        }
        return false;
    }

    static void checkSize(ImageSource mask, ImageSize maskSize, ImageSource image, ImageSize imageSize) {
        if (!maskSize.equals(imageSize)) {
            boolean turned = maskSize.width() == imageSize.height() && maskSize.height() == imageSize.width();
            throw new DataSetException(
                    "the mask " + mask + " is " + maskSize + " pixels, but its image " + image + " is " + imageSize
                            + (turned ? "; one of them seems turned by its EXIF orientation, which is ignored" : ""),
                    "replace it by a mask of the image's size" + (turned ? " as it is stored" : ""),
                    null);
        }
    }
}
