package org.rlr.model.report;

import java.util.Arrays;
import java.util.Map;
import org.rlr.model.data.RgbImage;

/**
 * Draws small captions above pictures. It has its own letters, because Java cannot draw text on servers without fonts.
 * Only letters used in this program's captions exist.
 */
final class Captions {
    private static final int COLUMNS = 5;
    private static final int ROWS = 7;
    private static final int SCALE = 2;
    private static final int STRIP = SCALE * (ROWS + 3);
    /** The letters: five bits per row, one byte each, top row first. */
    private static final Map<Character, Long> GLYPHS = Map.ofEntries(
            Map.entry('a', 0x00000e010f110fL),
            Map.entry('b', 0x10101e1111111eL),
            Map.entry('c', 0x00000f1010100fL),
            Map.entry('d', 0x01010f1111110fL),
            Map.entry('e', 0x00000e111f100fL),
            Map.entry('f', 0x06081e08080808L),
            Map.entry('i', 0x04000c0404040eL),
            Map.entry('l', 0x0c04040404040eL),
            Map.entry('m', 0x00001a15151515L),
            Map.entry('n', 0x00001e11111111L),
            Map.entry('o', 0x00000e1111110eL),
            Map.entry('p', 0x00001e111e1010L),
            Map.entry('r', 0x00001618101010L),
            Map.entry('s', 0x00000f100e011eL),
            Map.entry('t', 0x08081e08080806L),
            Map.entry('u', 0x0000111111110fL),
            Map.entry('v', 0x00001111110a04L),
            Map.entry('y', 0x0011110f01010eL),
            Map.entry(',', 0x00000000000408L),
            Map.entry('0', 0x0e11131519110eL),
            Map.entry('1', 0x040c040404040eL),
            Map.entry('2', 0x0e11010204081fL),
            Map.entry('3', 0x0e11010601110eL),
            Map.entry('4', 0x02060a121f0202L),
            Map.entry('5', 0x1f101e0101110eL),
            Map.entry('6', 0x0e10101e11110eL),
            Map.entry('7', 0x1f010202040404L),
            Map.entry('8', 0x0e11110e11110eL),
            Map.entry('9', 0x0e11110f01010eL));

    private Captions() {}

    /**
     * Returns a picture below its caption, black on white; wider than the picture if the caption is. @throws
     * IllegalArgumentException for a missing letter
     */
    static RgbImage above(RgbImage picture, String caption) {
        int width = Math.max(picture.width(), SCALE * (COLUMNS + 1) * caption.length());
        byte[] rgb = new byte[(picture.height() + STRIP) * width * RgbImage.CHANNELS];
        Arrays.fill(rgb, (byte) 255);
        for (int i = 0; i < caption.length(); i++) {
            if (caption.charAt(i) != ' ') {
                draw(caption.charAt(i), rgb, width, SCALE * (COLUMNS + 1) * i);
            }
        }
        int length = picture.width() * RgbImage.CHANNELS;
        for (int y = 0; y < picture.height(); y++) {
            System.arraycopy(picture.rgb(), y * length, rgb, (y + STRIP) * width * RgbImage.CHANNELS, length);
        }
        return new RgbImage(width, picture.height() + STRIP, rgb);
    }

    private static void draw(char letter, byte[] rgb, int width, int left) {
        Long glyph = GLYPHS.get(letter);
        if (glyph == null) {
            throw new IllegalArgumentException("there is no letter '" + letter + "' for captions");
        }
        for (int y = 0; y < SCALE * ROWS; y++) {
            for (int x = 0; x < SCALE * COLUMNS; x++) {
                int bit = (ROWS - 1 - y / SCALE) * Byte.SIZE + COLUMNS - 1 - x / SCALE;
                if ((glyph >> bit & 1) != 0) {
                    int at = ((y + SCALE) * width + left + x) * RgbImage.CHANNELS;
                    Arrays.fill(rgb, at, at + RgbImage.CHANNELS, (byte) 0);
                }
            }
        }
    }
}
