package org.rlr.model.data;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Pairs masks with images by their names without suffix: a mask belongs to the image with the longest name that the
 * mask's name begins with, or else contains. Numbers are compared whole: {@code 10_mask} does not belong to {@code 1}.
 * If no name fits, case is ignored. If several masks fit an image, the one of the same name is used, else the one that
 * ends in {@code _mask}.
 */
final class MaskPairing {
    private MaskPairing() {}

    /** Returns the mask of each image, in a list of one; omits images without a mask. */
    static Map<Path, List<Path>> pair(List<Path> images, List<Path> masks) {
        Map<String, Path> byImageName = new HashMap<>();
        for (Path mask : masks) {
            String owner = owner(Folders.stem(mask), images, UnaryOperator.identity());
            if (owner == null) {
                owner = owner(Folders.stem(mask), images, name -> name.toLowerCase(Locale.ROOT));
            }
            if (owner != null) {
                String name = owner;
                byImageName.merge(name, mask, (one, other) -> better(name, one, other));
            }
        }
        Map<Path, List<Path>> pairs = new HashMap<>();
        Map<Path, Path> claimed = new HashMap<>();
        for (Path image : images) {
            Path mask = byImageName.get(Folders.stem(image));
            if (mask != null) {
                Path other = claimed.putIfAbsent(mask, image);
                if (other != null) {
                    throw new DataSetException(
                            "the mask " + mask + " matches two images, " + other + " and " + image,
                            image.resolveSibling("").equals(other.resolveSibling(""))
                                    ? "rename one of the images and give each its own mask"
                                    : "put the masks of each kind of defect into a folder of its own, here "
                                            + mask.resolveSibling(Folders.nameOf(image.resolveSibling(""))),
                            null);
                }
                pairs.put(image, List.of(mask));
            }
        }
        return pairs;
    }

    private static @Nullable String owner(String maskName, List<Path> images, UnaryOperator<String> spelling) {
        String begins = null;
        String contained = null;
        for (Path image : images) {
            String name = Folders.stem(image);
            int at = indexOf(spelling.apply(name), spelling.apply(maskName));
            if (at == 0 && (begins == null || name.length() > begins.length())) {
                begins = name;
            } else if (at > 0 && (contained == null || name.length() > contained.length())) {
                contained = name;
            }
        }
        return begins != null ? begins : contained;
    }

    /**
     * Returns the index of an image's name in a mask's name at which it cuts no number in two; negative without one.
     */
    private static int indexOf(String imageName, String maskName) {
        int at = maskName.indexOf(imageName);
        while (at >= 0 && (cutsNumber(maskName, at) || cutsNumber(maskName, at + imageName.length()))) {
            at = maskName.indexOf(imageName, at + 1);
        }
        return at;
    }

    private static boolean cutsNumber(String name, int at) {
        return at > 0
                && at < name.length()
                && Character.isDigit(name.charAt(at - 1))
                && Character.isDigit(name.charAt(at));
    }

    private static Path better(String imageName, Path one, Path other) {
        for (String name : new String[] {imageName, imageName + "_mask"}) {
            boolean first = Folders.stem(one).equalsIgnoreCase(name);
            boolean second = Folders.stem(other).equalsIgnoreCase(name);
            if (first != second) {
                return first ? one : other;
            }
        }
        throw new DataSetException(
                "both " + one + " and " + other + " could be the mask of image " + imageName,
                "keep one, named as the image or with _mask behind the name",
                null);
    }

    /** Checks that no two images of a list have the same mask. */
    static void requireOwn(List<Sample> samples) {
        Map<String, String> claimed = new HashMap<>();
        for (Sample sample : samples) {
            String image = sample.image().id();
            for (ImageSource mask : sample.masks()) {
                String other = claimed.putIfAbsent(mask.id(), image);
                if (other != null && !other.equals(image)) {
                    throw new DataSetException(
                            "the mask " + mask.id() + " is listed for two images, " + other + " and " + image,
                            "correct the list",
                            null);
                }
            }
        }
    }
}
