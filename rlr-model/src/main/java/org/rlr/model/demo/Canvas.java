package org.rlr.model.demo;

import java.util.SplittableRandom;
import org.rlr.model.data.RgbImage;

/**
 * A square picture painted by formulas in the product's own coordinates: −1…1 from left to right and from top to
 * bottom. The product is then slightly shifted and rotated, like a part under a camera.
 */
final class Canvas {
    /** Changes the colour of a pixel. */
    @FunctionalInterface
    interface Brush {
        /** Changes the colour at {@code (x, y)} in the product's coordinates. */
        void paint(double x, double y, Paint paint);
    }

    final int size;
    private final float[] rgb;
    private double cos = 1;
    private double sin;
    private double scale = 1;
    private double shiftX;
    private double shiftY;

    Canvas(int size) {
        this.size = size;
        rgb = new float[size * size * 3];
    }

    /** Sets the product's position for what follows: shift in units of half the picture, angle in degrees. */
    void place(double x, double y, double degrees, double newScale) {
        shiftX = x;
        shiftY = y;
        cos = Math.cos(Math.toRadians(degrees));
        sin = Math.sin(Math.toRadians(degrees));
        scale = newScale;
    }

    /** The size of a pixel in the product's coordinates. */
    double pixel() {
        return 2 / (size * scale);
    }

    /** The share of a pixel inside a shape whose border is {@code distance} away, negative inside. */
    double inside(double distance) {
        return clamp(0.5 - distance / pixel());
    }

    static double clamp(double value) {
        return Math.max(0, Math.min(1, value));
    }

    /** Rises smoothly from 0 at {@code from} to 1 at {@code to}. */
    static double ramp(double from, double to, double value) {
        double t = clamp((value - from) / (to - from));
        return t * t * (3 - 2 * t);
    }

    /** Paints everywhere. */
    void paint(Brush brush) {
        paint(0, 0, size, size, brush);
    }

    /** Paints the places within {@code reach} of a place in the product's coordinates. */
    void paint(double x, double y, double reach, Brush brush) {
        double centerX = (cos * x - sin * y) * scale + shiftX;
        double centerY = (sin * x + cos * y) * scale + shiftY;
        double half = reach * scale;
        paint(
                (int) Math.floor(toPixel(centerX - half)),
                (int) Math.floor(toPixel(centerY - half)),
                (int) Math.ceil(toPixel(centerX + half)),
                (int) Math.ceil(toPixel(centerY + half)),
                brush);
    }

    private double toPixel(double coordinate) {
        return (coordinate + 1) / 2 * size;
    }

    private void paint(int left, int top, int right, int bottom, Brush brush) {
        Paint paint = new Paint();
        for (int row = Math.max(0, top); row < Math.min(size, bottom); row++) {
            double y = (2 * row + 1.0) / size - 1 - shiftY;
            for (int column = Math.max(0, left); column < Math.min(size, right); column++) {
                double x = (2 * column + 1.0) / size - 1 - shiftX;
                int at = (row * size + column) * 3;
                paint.red = rgb[at];
                paint.green = rgb[at + 1];
                paint.blue = rgb[at + 2];
                brush.paint((cos * x + sin * y) / scale, (cos * y - sin * x) / scale, paint);
                rgb[at] = (float) paint.red;
                rgb[at + 1] = (float) paint.green;
                rgb[at + 2] = (float) paint.blue;
            }
        }
    }

    /** The picture with camera noise of standard deviation {@code sigma} in 0…255. */
    RgbImage photograph(double sigma, SplittableRandom random) {
        byte[] bytes = new byte[rgb.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Math.round(clamp(rgb[i] + random.nextGaussian() * sigma / 255) * 255);
        }
        return new RgbImage(size, size, bytes);
    }

    /** Pixels at which two pictures differ by more than {@code threshold}, in 0…1, in a channel. */
    boolean[] differs(Canvas other, double threshold) {
        boolean[] result = new boolean[size * size];
        for (int i = 0; i < rgb.length; i++) {
            result[i / 3] |= Math.abs(clamp(rgb[i]) - clamp(other.rgb[i])) > threshold;
        }
        return result;
    }
}
