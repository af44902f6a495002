package org.rlr.model.data;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.jspecify.annotations.Nullable;

/** The image formats that are read, told apart by a file's first bytes, and how their files are named. */
enum ImageFormat {
    PNG("\u0089PNG\r\n\u001a\n", "png"),
    JPEG("\u00ff\u00d8\u00ff", "jpg", "jpeg", "jpe", "jif", "jfif"),
    BMP("BM", "bmp"),
    GIF("GIF8", "gif"),
    TIFF_LITTLE_ENDIAN("II*\0", "tif", "tiff"),
    TIFF_BIG_ENDIAN("MM\0*", "tif", "tiff");

    /** A byte in each character. */
    private final String magic;

    @SuppressWarnings("ImmutableEnumChecker") // List.of is
    private final List<String> suffixes;

    ImageFormat(String magic, String... suffixes) {
        this.magic = magic;
        this.suffixes = List.of(suffixes);
    }

    /** All of them for a sentence, joined by {@code and} or {@code or}. */
    static String all(String word) {
        return "PNG, JPEG, BMP, GIF " + word + " TIFF";
    }

    /** Whether the name's suffix, in any case, is one of this format; hidden files are none. */
    boolean isNameOf(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0
                && !name.startsWith(".")
                && suffixes.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    /** The format of a file that begins with {@code head}, or null. */
    static @Nullable ImageFormat of(byte[] head) {
        for (ImageFormat format : values()) {
            if (has(head, 0, format.magic)) {
                return format;
            }
        }
        return null;
    }

    /** The name of an image format that is not read, if a file of it begins with {@code head}; else null. */
    static @Nullable String foreign(byte[] head) {
        if (has(head, 0, "RIFF") && has(head, 8, "WEBP")) {
            return "WebP";
        }
        if (has(head, 4, "ftypavif") || has(head, 4, "ftypavis")) {
            return "AVIF";
        }
        if (has(head, 4, "ftyphe") || has(head, 4, "ftypmif1") || has(head, 4, "ftypmsf1")) {
            return "HEIC";
        }
        if (has(head, 4, "jP  \r\n") || has(head, 0, "\u00ffO\u00ffQ")) {
            return "JPEG 2000";
        }
        if (has(head, 4, "JXL \r\n") || has(head, 0, "\u00ff\n")) {
            return "JPEG XL";
        }
        return has(head, 0, "II+\0") || has(head, 0, "MM\0+") ? "BigTIFF" : null;
    }

    private static boolean has(byte[] head, int from, String magic) {
        for (int i = 0; i < magic.length(); i++) {
            if (from + i >= head.length || (head[from + i] & 0xff) != magic.charAt(i)) {
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
