package org.rlr.model.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads the EXIF orientation of a JPEG or PNG file. Viewers turn photographs by it; image reading here ignores it. */
final class ExifOrientation {
    private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] PNG_EXIF = "eXIf".getBytes(StandardCharsets.ISO_8859_1);
    private static final int PNG_SIGNATURE = 8;
    private static final int APP1 = 0xe1;
    private static final int START_OF_SCAN = 0xda;
    private static final int ORIENTATION = 0x112;

    private ExifOrientation() {}

    /** Returns the orientation, 1 (as stored) to 8; also 1 if it is missing or unreadable. */
    static int of(byte[] file) {
        ImageFormat format = ImageFormat.of(file);
        byte[] exif = format == ImageFormat.JPEG ? inJpeg(file) : format == ImageFormat.PNG ? inPng(file) : null;
        try {
            return exif == null ? 1 : inDirectory(exif);
        } catch (IndexOutOfBoundsException e) {
            return 1; // viewers do not turn it
        }
    }

    /** Returns the orientation in the first directory, stored as in a TIFF file. */
    private static int inDirectory(byte[] exif) {
        ByteBuffer tiff = ByteBuffer.wrap(exif).order(exif[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = tiff.getInt(4);
        for (int i = 0; i < tiff.getChar(directory); i++) {
            int entry = directory + 2 + 12 * i;
            if (tiff.getChar(entry) == ORIENTATION) {
                int value = tiff.getChar(entry + 8);
                return value >= 1 && value <= 8 ? value : 1;
            }
        }
        return 1;
    }

    private static byte @Nullable [] inJpeg(byte[] file) {
        int at = 2;
        while (at + 4 <= file.length && (file[at] & 0xff) == 0xff && (file[at + 1] & 0xff) != START_OF_SCAN) {
            int end = at + 2 + ByteBuffer.wrap(file).getChar(at + 2);
            int data = at + 4;
            if ((file[at + 1] & 0xff) == APP1
                    && end <= file.length
                    && end - data > EXIF.length
                    && Arrays.equals(file, data, data + EXIF.length, EXIF, 0, EXIF.length)) {
                return Arrays.copyOfRange(file, data + EXIF.length, end);
            }
            at = (file[at + 1] & 0xff) == 0xff ? at + 1 : end; // fill bytes
        }
        return null;
    }

    private static byte @Nullable [] inPng(byte[] file) {
        for (long at = PNG_SIGNATURE; at + 12 <= file.length; ) {
            int chunk = (int) at;
            long length = ByteBuffer.wrap(file).getInt(chunk) & 0xffffffffL;
            if (Arrays.equals(file, chunk + 4, chunk + 8, PNG_EXIF, 0, PNG_EXIF.length)
                    && at + 8 + length <= file.length) {
                return Arrays.copyOfRange(file, chunk + 8, (int) (at + 8 + length));
            }
            at += 12 + length;
        }
        return null;
    }
}
