package org.rlr.model.demo;

/** The colour of one pixel while it is painted, channels in 0…1. */
final class Paint {
    double red;
    double green;
    double blue;

    /** Covers with a colour {@code 0xRRGGBB}; {@code alpha} 0 keeps the old colour, 1 replaces it. */
    void cover(int color, double alpha) {
        cover(color, 1, alpha);
    }

    /** Covers with a colour {@code 0xRRGGBB} whose brightness is multiplied by {@code light}. */
    void cover(int color, double light, double alpha) {
        red += alpha * (light * (color >> 16 & 0xff) / 255 - red);
        green += alpha * (light * (color >> 8 & 0xff) / 255 - green);
        blue += alpha * (light * (color & 0xff) / 255 - blue);
    }

    /** Multiplies the brightness. */
    void light(double factor) {
        red *= factor;
        green *= factor;
        blue *= factor;
    }

    /** Tints like a transparent layer of a colour. */
    void filter(int color, double alpha) {
        red *= 1 + alpha * ((color >> 16 & 0xff) / 255.0 - 1);
        green *= 1 + alpha * ((color >> 8 & 0xff) / 255.0 - 1);
        blue *= 1 + alpha * ((color & 0xff) / 255.0 - 1);
    }
}
