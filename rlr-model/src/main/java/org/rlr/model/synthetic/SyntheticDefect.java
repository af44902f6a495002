package org.rlr.model.synthetic;

import java.util.Locale;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.Mask;
import org.rlr.model.data.RgbImage;

/**
 * Synthetic defects of CutPaste (Li et al., CVPR 2021, §2.1): a rectangle of the image, with brightness and contrast
 * changed by up to a tenth, pasted elsewhere in it. Unlike in the paper, a defect is drawn again if half of its pixels
 * are hardly different from those they cover, as labels of invisible defects are useless.
 */
public enum SyntheticDefect {
    /** Area of 2 to 15 % of the image's, aspect ratio from 0.3 to 3.3. */
    PATCH,
    /**
     * Long and thin, rotated by up to 45°: 2 to 16 pixels wide and 10 to 25 long in an image of 256 pixels; scales with
     * the image's shorter side.
     */
    SCAR;

    private static final double LEAST_AREA = 0.02;
    private static final double MOST_AREA = 0.15;
    private static final double MOST_ASPECT = 3.3;
    private static final double JITTER = 0.1;
    private static final int PAPER_SIZE = 256;
    /** Difference, in 0…255, that is visible above the noise. */
    private static final int VISIBLE = 10;

    private static final int TRIES = 200;

    /**
     * An image with a defect.
     *
     * @param image the image
     * @param mask the whole pasted rectangle
     */
    public record Pasted(RgbImage image, Mask mask) {}

    /** {@return its name in lower case, used for folders} */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Adds such a defect to an image.
     *
     * @param image not changed
     * @param random random numbers for place, size and brightness
     * @return image and mask
     * @throws DataSetException if the image is so uniform that no pasted part of it is visible
     */
    public Pasted paste(RgbImage image, SplittableRandom random) {
        for (int i = 0; i < TRIES; i++) {
            Pasted pasted = paste(image, rectangle(image, random), random);
            if (pasted != null) {
                return pasted;
            }
        }
        throw new DataSetException(
                "the image is so uniform that no " + key() + " of it shows anywhere else in it", "exclude it", null);
    }

    /** A rotated rectangle around the origin, in pixels. */
    private record Rectangle(double width, double height, double angle) {
        /** Half of its extent along the x axis after rotation. */
        int reachX() {
            return (int) Math.ceil((width * Math.abs(Math.cos(angle)) + height * Math.abs(Math.sin(angle))) / 2);
        }

        int reachY() {
            return (int) Math.ceil((width * Math.abs(Math.sin(angle)) + height * Math.abs(Math.cos(angle))) / 2);
        }
    }

    private Rectangle rectangle(RgbImage image, SplittableRandom random) {
        int shorter = Math.min(image.width(), image.height());
        if (this == SCAR) {
            double scale = (double) shorter / PAPER_SIZE;
            return new Rectangle(
                    Math.max(1, scale * random.nextDouble(10, 25)),
                    Math.max(1, scale * random.nextDouble(2, 16)),
                    random.nextDouble(-Math.PI / 4, Math.PI / 4));
        }
        double area = random.nextDouble(LEAST_AREA, MOST_AREA) * image.width() * image.height();
        double aspect =
                random.nextBoolean() ? random.nextDouble(1 / MOST_ASPECT, 1) : random.nextDouble(1, MOST_ASPECT);
        return new Rectangle(
                Math.min(image.width() - 1, Math.sqrt(area * aspect)),
                Math.min(image.height() - 1, Math.sqrt(area / aspect)),
                0);
    }

    /** Null if too little of it is visible. */
    private static @Nullable Pasted paste(RgbImage image, Rectangle shape, SplittableRandom random) {
        int fromX = place(image.width(), shape.width, random);
        int fromY = place(image.height(), shape.height, random);
        int toX = place(image.width(), 2.0 * shape.reachX(), random);
        int toY = place(image.height(), 2.0 * shape.reachY(), random);
        double brightness = random.nextDouble(1 - JITTER, 1 + JITTER);
        double contrast = random.nextDouble(1 - JITTER, 1 + JITTER);
        double mean = mean(image, fromX, fromY, shape);
        byte[] rgb = image.rgb().clone();
        boolean[] mask = new boolean[image.width() * image.height()];
        double cos = Math.cos(shape.angle);
        double sin = Math.sin(shape.angle);
        int covered = 0;
        int visible = 0;
        for (int y = Math.max(0, toY - shape.reachY()); y <= Math.min(image.height() - 1, toY + shape.reachY()); y++) {
            for (int x = Math.max(0, toX - shape.reachX());
                    x <= Math.min(image.width() - 1, toX + shape.reachX());
                    x++) {
                double u = cos * (x - toX) + sin * (y - toY);
                double v = cos * (y - toY) - sin * (x - toX);
                if (Math.abs(u) > shape.width / 2 || Math.abs(v) > shape.height / 2) {
                    continue;
                }
                int at = (y * image.width() + x) * RgbImage.CHANNELS;
                int source = (clamp(fromY + Math.rint(v), image.height()) * image.width()
                                + clamp(fromX + Math.rint(u), image.width()))
                        * RgbImage.CHANNELS;
                int change = 0;
                for (int c = 0; c < RgbImage.CHANNELS; c++) {
                    int before = rgb[at + c] & 0xff;
                    double value = brightness * (mean + contrast * ((image.rgb()[source + c] & 0xff) - mean));
                    int after = (int) Math.max(0, Math.min(255, Math.rint(value)));
                    rgb[at + c] = (byte) after;
                    change = Math.max(change, Math.abs(after - before));
                }
                mask[y * image.width() + x] = true;
                covered++;
                visible += change > VISIBLE ? 1 : 0;
            }
        }
        return visible == 0 || 2 * visible < covered
                ? null
                : new Pasted(
                        new RgbImage(image.width(), image.height(), rgb),
                        new Mask(image.width(), image.height(), mask));
    }

    /** A random centre for a thing of some extent, so that it lies inside the image if it fits. */
    private static int place(int length, double extent, SplittableRandom random) {
        int half = (int) Math.ceil(extent / 2);
        return 2 * half >= length ? length / 2 : random.nextInt(half, length - half);
    }

    /** Mean over all channels of the rectangle to cut out. */
    private static double mean(RgbImage image, int middleX, int middleY, Rectangle shape) {
        long sum = 0;
        int count = 0;
        for (int y = clamp(middleY - shape.height / 2, image.height());
                y <= clamp(middleY + shape.height / 2, image.height());
                y++) {
            for (int x = clamp(middleX - shape.width / 2, image.width());
                    x <= clamp(middleX + shape.width / 2, image.width());
                    x++) {
                for (int c = 0; c < RgbImage.CHANNELS; c++) {
                    sum += image.rgb()[(y * image.width() + x) * RgbImage.CHANNELS + c] & 0xff;
                    count++;
                }
            }
        }
        return (double) sum / count;
    }

    private static int clamp(double position, int length) {
        return (int) Math.max(0, Math.min(length - 1, position));
    }
}
