package org.rlr.model.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/**
 * Finds 16-bit images that use fewer bits, as from cameras with 10, 12 or 14 bits. Only the high byte of a sample is
 * read, so few of their grey levels remain.
 */
final class BitDepth {
    /** The most bits for which fewer than half of the 8-bit levels remain. */
    private static final int FEW = 14;
    /** The number of images per class that are read before a training. */
    private static final int LOOKED_AT = 4;

    private int images;
    private int used;
    private @Nullable ImageSource first;

    /** Adds an image with its {@link Images.Decoded#usedBits}. */
    void add(ImageSource image, int usedBits) {
        if (usedBits > 0) {
            images++;
            used = Math.max(used, usedBits);
            first = first == null ? image : first;
        }
    }

    /** Returns a sentence if all 16-bit images that were added use few bits. */
    Optional<String> note(String className) {
        if (images == 0 || used > FEW) {
            return Optional.empty();
        }
        int depth = Math.max(Byte.SIZE, used + used % 2); // cameras have 8, 10, 12 or 14
        int levels = 1 << (depth - Byte.SIZE);
        return Optional.of("class " + className + ": 16-bit images use only " + depth + " bits, first " + first + ": "
                + (levels == 1 ? "all become black" : levels + " of 256 grey levels remain")
                + ", because only the high byte is read; multiply their samples by " + (1 << (16 - depth))
                + " and save them again");
    }

    /** Returns the notes on a few images of each class; skips images that cannot be read. */
    static List<String> glance(DataSet set) {
        List<String> notes = new ArrayList<>();
        for (ClassSamples each : set.classes()) {
            List<Sample> samples = each.train().isEmpty() ? each.test() : each.train();
            BitDepth depth = new BitDepth();
            int looked = Math.min(LOOKED_AT, samples.size());
            for (int i = 0; i < looked; i++) {
                // spread over the list, because images of one shift or lot are neighbours
                ImageSource image =
                        samples.get((int) ((long) i * samples.size() / looked)).image();
                try {
                    byte[] content = image.content();
                    if (mayHave16Bits(content)) {
                        image.look(decoded -> depth.add(image, decoded.usedBits()));
                    }
                } catch (RlrException e) {
                    // the error appears when the image is used
                }
            }
            depth.note(each.name()).ifPresent(notes::add);
        }
        return notes;
    }

    private static boolean mayHave16Bits(byte[] file) {
        ImageFormat format = ImageFormat.of(file);
        return format == ImageFormat.PNG
                ? file.length > 24 && file[24] == 16
                : format == ImageFormat.TIFF_LITTLE_ENDIAN || format == ImageFormat.TIFF_BIG_ENDIAN;
    }
}
