package org.rlr.model.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.RlrException;

/**
 * Images of 16 bits that use fewer, as of cameras with 10, 12 or 14: of a sample the high byte is taken, so that few
 * grey levels remain.
 */
final class BitDepth {
    /** With more, at least half of the levels of 8 bits remain. */
    private static final int FEW = 14;
    /** Images of a class that are looked at before a training. */
    private static final int LOOKED_AT = 4;

    private int images;
    private int used;
    private @Nullable ImageSource first;

    /** Adds an image by {@link Images.Decoded#usedBits}. */
    void add(ImageSource image, int usedBits) {
        if (usedBits > 0) {
            images++;
            used = Math.max(used, usedBits);
            first = first == null ? image : first;
        }
    }

    /** A sentence if all 16-bit images that were added use few bits. */
    Optional<String> note(String className) {
        if (images == 0 || used > FEW) {
            return Optional.empty();
        }
        int depth = Math.max(Byte.SIZE, used + used % 2); // cameras have 8, 10, 12 or 14
        int levels = 1 << (depth - Byte.SIZE);
        return Optional.of("class " + className + ": 16-bit images use only " + depth + " bits, first " + first + ": "
                + (levels == 1 ? "all become black" : levels + " of 256 grey levels remain")
                + ", as the high byte is taken; multiply their samples by " + (1 << (16 - depth))
                + " and save them again");
    }

    /** The notes on a few images of each class; those that cannot be read are passed over. */
    static List<String> glance(DataSet set) {
        List<String> notes = new ArrayList<>();
        for (ClassSamples each : set.classes()) {
            List<Sample> samples = each.train().isEmpty() ? each.test() : each.train();
            BitDepth depth = new BitDepth();
            int looked = Math.min(LOOKED_AT, samples.size());
            for (int i = 0; i < looked; i++) {
                // from all of the list, as images of one shift or lot lie together
                ImageSource image =
                        samples.get((int) ((long) i * samples.size() / looked)).image();
                try {
                    byte[] content = image.content();
                    if (mayHave16Bits(content)) {
                        image.look(decoded -> depth.add(image, decoded.usedBits()));
                    }
                } catch (RlrException e) {
                    // who uses the image says so
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
