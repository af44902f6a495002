package org.rlr.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlr.tensor.InvalidSettingException;

class PixelFormatTest {
    private static final int WIDTH = 5;
    private static final int HEIGHT = 3;

    /** Rows with padding, after an offset, in direct memory or not. */
    private static ByteBuffer frame(PixelFormat format, int stride, boolean direct, ByteOrder order) {
        int size = 7 + (HEIGHT - 1) * stride + WIDTH * format.bytes();
        ByteBuffer frame = (direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size)).order(order);
        for (int i = 0; i < size; i++) {
            frame.put(i, (byte) 99);
        }
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                int at = 7 + y * stride + x * format.bytes();
                int red = 10 * (y * WIDTH + x);
                byte[] pixel = switch (format) {
                    case RGB -> new byte[] {(byte) red, (byte) (red + 1), (byte) (red + 2)};
                    case BGR -> new byte[] {(byte) (red + 2), (byte) (red + 1), (byte) red};
                    case RGBA -> new byte[] {(byte) red, (byte) (red + 1), (byte) (red + 2), 77};
                    case BGRA -> new byte[] {(byte) (red + 2), (byte) (red + 1), (byte) red, 77};
                    case GREY8 -> new byte[] {(byte) red};
                    case GREY16 -> new byte[0];
                };
                frame.put(at, pixel);
                if (format == PixelFormat.GREY16) {
                    frame.putShort(at, (short) (red << 8 | 0xee));
                }
            }
        }
        return frame.position(7);
    }

    @ParameterizedTest
    @EnumSource
    void everyFormatIsReadRowByRow(PixelFormat format) {
        boolean grey = format == PixelFormat.GREY8 || format == PixelFormat.GREY16;
        byte[] expected = new byte[WIDTH * HEIGHT * 3];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = (byte) (10 * (i / 3) + (grey ? 0 : i % 3));
        }
        for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
            for (int padding : new int[] {0, 3}) {
                int stride = WIDTH * format.bytes() + padding;
                ByteBuffer frame = frame(format, stride, padding > 0, order);
                ImageSource source = ImageSource.of("frame", frame, WIDTH, HEIGHT, stride, format);
                assertEquals(new RgbImage(WIDTH, HEIGHT, expected), source.read(), format + " " + order);
                assertEquals(new ImageSize(WIDTH, HEIGHT), source.size());
                assertEquals(7, frame.position());
            }
        }
    }

    @Test
    void rowsMustLieWithinTheBuffer() {
        ByteBuffer frame = ByteBuffer.allocate(4 * 15 + 12);
        ImageSource.of("", frame, 4, 5, 15, PixelFormat.RGB).read();
        ImageException e = assertThrows(
                ImageException.class, () -> ImageSource.of("", frame.position(1), 4, 5, 15, PixelFormat.RGB));
        assertEquals(
                "the frame of 4×5 pixels of RGB with `rowStride` 15 takes 72 bytes, but the buffer has 71 from "
                        + "its position on",
                e.getMessage());
        assertSetting("rowStride", 4, 5, 11);
        assertSetting("width", 0, 5, 12);
        assertSetting("height", 4, -1, 12);
        assertEquals(
                ImageException.Reason.TOO_LARGE,
                assertThrows(
                                ImageException.class,
                                () -> ImageSource.of("", frame, 1 << 14, 1 << 14, 1 << 14, PixelFormat.GREY8))
                        .reason());
    }

    private static void assertSetting(String name, int width, int height, int stride) {
        InvalidSettingException e = assertThrows(
                InvalidSettingException.class,
                () -> ImageSource.of("", ByteBuffer.allocate(1000), width, height, stride, PixelFormat.RGB));
        assertEquals(name, e.name());
        assertTrue(e.getMessage().contains("`" + name + "`"), e.getMessage());
    }
}
