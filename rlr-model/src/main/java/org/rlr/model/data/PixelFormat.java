package org.rlr.model.data;

/** How the pixels of a frame in memory are stored, as cameras and video decoders give them. Alpha is dropped. */
public enum PixelFormat {
    /** Red, green and blue, a byte each. */
    RGB(3, 0, 1, 2),
    /** Blue, green and red, a byte each, as OpenCV has them. */
    BGR(3, 2, 1, 0),
    /** Red, green, blue and alpha, a byte each. */
    RGBA(4, 0, 1, 2),
    /** Blue, green, red and alpha, a byte each. */
    BGRA(4, 2, 1, 0),
    /** Grey, a byte. */
    GREY8(1, 0, 0, 0),
    /** Grey, an unsigned number of 16 bits in the byte order of the buffer; its high byte is taken. */
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

    /** {@return bytes of a pixel} */
    public int bytes() {
        return bytes;
    }
}
