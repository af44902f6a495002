package org.rlr.model.data;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.jspecify.annotations.Nullable;

/** The supported image formats, recognised by a file's first bytes, and the suffixes of their files. */
enum ImageFormat {
    PNG("\u0089PNG\r\n\u001a\n", "png"),
    JPEG("\u00ff\u00d8\u00ff", "jpg", "jpeg", "jpe", "jif", "jfif"),
    BMP("BM", "bmp"),
    GIF("GIF8", "gif"),
    TIFF_LITTLE_ENDIAN("II*\0", "tif", "tiff"),
    TIFF_BIG_ENDIAN("MM\0*", "tif", "tiff");

    /** The first bytes of a file, one per character. */
    private final String magic;

    @SuppressWarnings("ImmutableEnumChecker") // List.of is
    private final List<String> suffixes;

    ImageFormat(String magic, String... suffixes) {
        this.magic = magic;
        this.suffixes = List.of(suffixes);
    }

    /** Returns the names of all formats, joined by {@code and} or {@code or}. */
    static String all(String word) {
        return "PNG, JPEG, BMP, GIF " + word + " TIFF";
    }

    /** Returns whether a file's suffix, ignoring case, is one of this format; false for hidden files. */
    boolean isNameOf(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0
                && !name.startsWith(".")
                && suffixes.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    /** Returns the format of a file that begins with {@code head}, or null. */
    static @Nullable ImageFormat of(byte[] head) {
        for (ImageFormat format : values()) {
            if (has(head, 0, format.magic)) {
                return format;
            }
        }
        return null;
    }

    /** Returns the name of an unsupported image format whose files begin with {@code head}, or null. */
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

    /** Returns a new reader for this format; the JDK has one for each. */
    ImageReader reader() {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(toString());
        while (readers.hasNext()) {
            ImageReader reader = readers.next();
            // only the JDK's own: plug-ins of an application may treat warnings and rasters differently
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
