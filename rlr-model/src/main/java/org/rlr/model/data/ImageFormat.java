package org.rlr.model.data;

import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.jspecify.annotations.Nullable;

/** The image formats that are read, told apart by a file's first bytes. */
enum ImageFormat {
    PNG(0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'),
    JPEG(0xff, 0xd8, 0xff),
    BMP('B', 'M'),
    GIF('G', 'I', 'F', '8'),
    TIFF_LITTLE_ENDIAN('I', 'I', 42, 0),
    TIFF_BIG_ENDIAN('M', 'M', 0, 42);

    @SuppressWarnings("ImmutableEnumChecker") // never written to
    private final int[] magic;

    ImageFormat(int... magic) {
        this.magic = magic;
    }

    /** The format of a file that begins with {@code head}, or null. */
    static @Nullable ImageFormat of(byte[] head) {
        for (ImageFormat format : values()) {
            if (format.begins(head)) {
                return format;
            }
        }
        return null;
    }

    private boolean begins(byte[] head) {
        if (head.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((head[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /** A new reader for this format; the JDK has one for each. */
    ImageReader reader() {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(toString());
        while (readers.hasNext()) {
            ImageReader reader = readers.next();
            // the JDK's own: an application's plug-ins may treat warnings and rasters in other ways
            if (reader.getClass().getModule() == ImageIO.class.getModule()) {
                return reader;
            }
        }
        throw new IllegalStateException("this Java runtime has no " + this + " reader");
    }

    @Override
    public String toString() {
        return name().startsWith("TIFF") ? "TIFF" : name();
    }
}
