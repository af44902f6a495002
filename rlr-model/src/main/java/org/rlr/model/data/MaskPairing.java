package org.rlr.model.data;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rlr.tensor.RlrException;

/**
 * Which mask belongs to which image, by their names without suffix: a mask belongs to the image whose name it begins with, the longest such
 * name where there are several, and not to {@code 1} if it is called {@code 10_mask}. Of several masks of an image the one with the very same
 * name is taken, else the one that ends in {@code _mask}.
 */
final class MaskPairing {
    private MaskPairing() {
    }

    /** The masks by image; images without one are left out. */
    static Map<Path, Path> pair(List<Path> images, List<Path> masks) {
        Map<String, Path> byImageName = new HashMap<>();
        for (Path mask : masks) {
            String owner = owner(Folders.stem(mask), images);
            if (owner != null) {
                byImageName.merge(owner, mask, (one, other) -> better(owner, one, other));
            }
        }
        Map<Path, Path> pairs = new HashMap<>();
        for (Path image : images) {
            Path mask = byImageName.get(Folders.stem(image));
            if (mask != null) {
                pairs.put(image, mask);
            }
        }
        return pairs;
    }

    private static String owner(String maskName, List<Path> images) {
        String owner = null;
        for (Path image : images) {
            String name = Folders.stem(image);
            if (beginsWith(maskName, name) && (owner == null || name.length() > owner.length())) {
                owner = name;
            }
        }
        return owner;
    }

    private static boolean beginsWith(String maskName, String imageName) {
        if (!maskName.startsWith(imageName)) {
            return false;
        }
        boolean cutsNumber = maskName.length() > imageName.length() && Character.isDigit(maskName.charAt(imageName.length()))
                && Character.isDigit(imageName.charAt(imageName.length() - 1));
        return !cutsNumber;
    }

    private static Path better(String imageName, Path one, Path other) {
        for (String name : new String[] {imageName, imageName + "_mask"}) {
            boolean first = Folders.stem(one).equals(name);
            boolean second = Folders.stem(other).equals(name);
            if (first != second) {
                return first ? one : other;
            }
        }
        throw new RlrException("both " + one + " and " + other + " could be the mask of image " + imageName
                + "; leave one, named as the image or with _mask behind the name");
    }
}
