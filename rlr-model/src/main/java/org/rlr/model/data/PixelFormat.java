package org.rlr.model.data;

/** The pixel format of a frame in memory from a camera or video decoder. Alpha is dropped. */
public enum PixelFormat {
    /** Red, green and blue, one byte each. */
    RGB(3, 0, 1, 2),
    /** Blue, green and red, one byte each, as in OpenCV. */
    BGR(3, 2, 1, 0),
    /** Red, green, blue and alpha, one byte each. */
    RGBA(4, 0, 1, 2),
    /** Blue, green, red and alpha, one byte each. */
    BGRA(4, 2, 1, 0),
    /** Grey, one byte. */
    GREY8(1, 0, 0, 0),
    /** Grey, 16 bits, unsigned, in the byte order of the buffer; only its high byte is read. */
    GREY16(2, 0, 0, 0);

    private final int bytes;
    final int red;
    final int green;
    final int blue;

    PixelFormat(int bytes, int red, int green, int blue) {
        this.bytes = bytes;
        this.red = red;
        this.green = green;
        this.blue = blue;
    }

    /** {@return the bytes per pixel} */
    public int bytes() {
        return bytes;
    }
}
