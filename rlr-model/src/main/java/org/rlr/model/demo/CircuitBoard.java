package org.rlr.model.demo;

import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A populated circuit board: two chips, resistors, capacitors, a connector, traces and printed marks. */
final class CircuitBoard implements Product {
    /** Places of the small parts, {@code x, y, degrees}. */
    private static final double[][] RESISTORS = {
        {0.36, -0.70, 0}, {0.36, -0.54, 0}, {0.36, -0.38, 0}, {-0.72, 0.30, 90}, {-0.56, 0.30, 90}, {-0.40, 0.30, 90}
    };

    private static final double[][] CANS = {{0.70, -0.10}, {-0.08, 0.34}};
    private static final double CHIP_X = -0.36;
    private static final double CHIP_Y = -0.34;
    private static final double CHIP = 0.25;

    @Override
    public String name() {
        return "circuit_board";
    }

    @Override
    public List<String> defects() {
        return List.of("missing_part", "rotated_part", "solder_bridge", "scratch");
    }

    @Override
    public void paint(Canvas canvas, SplittableRandom variation, @Nullable String defect, SplittableRandom accident) {
        canvas.place(
                variation.nextDouble(-0.02, 0.02),
                variation.nextDouble(-0.02, 0.02),
                variation.nextDouble(-1.5, 1.5),
                variation.nextDouble(0.985, 1.015));
        Noise noise = new Noise(variation.nextLong());
        double light = variation.nextDouble(0.95, 1.05);
        canvas.paint((x, y, paint) -> {
            paint.cover(0x8d8a84, 1 + 0.04 * noise.at(x * 30, y * 30), 1);
            double edge = Shapes.box(x, y, 0.94, 0.94, 0.05);
            paint.light(1 - 0.5 * Canvas.ramp(0.05, 0, Shapes.box(x - 0.015, y - 0.02, 0.94, 0.94, 0.05)));
            paint.cover(
                    0x1d6b43, 1 + 0.05 * noise.at(x * 4, y * 4) + 0.03 * noise.at(x * 60, y * 60), canvas.inside(edge));
        });
        BoardPrint.paint(canvas);
        int chosen = accident.nextInt(RESISTORS.length + CANS.length);
        if ("rotated_part".equals(defect)) {
            chosen = accident.nextInt(RESISTORS.length);
        }
        double twist = accident.nextDouble(30, 60) * (accident.nextInt(2) == 0 ? 1 : -1);
        boolean missing = "missing_part".equals(defect);
        boolean rotated = "rotated_part".equals(defect);
        for (int i = 0; i < RESISTORS.length; i++) {
            double[] place = RESISTORS[i];
            Local at = new Local(
                    place[0] + jitter(variation),
                    place[1] + jitter(variation),
                    place[2] + variation.nextDouble(-2, 2) + (rotated && i == chosen ? twist : 0));
            BoardPrint.pads(canvas, place[0], place[1], place[2]);
            if (!(missing && i == chosen)) {
                resistor(canvas, at);
            }
        }
        for (int i = 0; i < CANS.length; i++) {
            double[] place = CANS[i];
            Local at =
                    new Local(place[0] + jitter(variation), place[1] + jitter(variation), variation.nextDouble(-4, 4));
            BoardPrint.pads(canvas, place[0], place[1], 0);
            if (!(missing && i + RESISTORS.length == chosen)) {
                can(canvas, at);
            }
        }
        chip(canvas, new Local(CHIP_X, CHIP_Y, 0), CHIP, CHIP, 8, true);
        chip(canvas, new Local(0.52, 0.42, 0), 0.26, 0.13, 7, false);
        connector(canvas);
        if ("solder_bridge".equals(defect)) {
            bridge(canvas, accident);
        } else if ("scratch".equals(defect)) {
            scratch(canvas, accident);
        }
        canvas.paint((x, y, paint) -> paint.light(light));
    }

    private static double jitter(SplittableRandom variation) {
        return variation.nextDouble(-0.008, 0.008);
    }

    /** Coordinates relative to a part. */
    private record Local(double x, double y, double degrees) {
        void paint(Canvas canvas, double reach, Canvas.Brush brush) {
            double cos = Math.cos(Math.toRadians(degrees));
            double sin = Math.sin(Math.toRadians(degrees));
            canvas.paint(
                    x,
                    y,
                    reach,
                    (px, py, paint) ->
                            brush.paint(cos * (px - x) + sin * (py - y), cos * (py - y) - sin * (px - x), paint));
        }
    }

    /** Shadow under a part: dark where the outline, moved to the lower right, would be. */
    private static void shadow(Paint paint, double distance) {
        paint.light(1 - 0.5 * Canvas.ramp(0.03, -0.01, distance));
    }

    private static void resistor(Canvas canvas, Local at) {
        at.paint(canvas, 0.2, (x, y, paint) -> {
            shadow(paint, Shapes.box(x - 0.012, y - 0.015, 0.115, 0.052, 0.01));
            double body = Shapes.box(x, y, 0.115, 0.052, 0.01);
            boolean metal = Math.abs(x) > 0.075;
            paint.cover(metal ? 0xd3d6d8 : 0x1f2023, metal ? 0.95 - 3 * y : 1.25 - 4 * y, canvas.inside(body));
            double mark = Math.min(
                    Shapes.box(x + 0.03, y, 0.008, 0.024, 0),
                    Math.min(Shapes.box(x, y, 0.008, 0.024, 0), Shapes.box(x - 0.03, y, 0.008, 0.024, 0)));
            paint.cover(0xd8d8d8, 0.8 * canvas.inside(mark));
        });
    }

    private static void can(Canvas canvas, Local at) {
        double radius = 0.145;
        at.paint(canvas, 0.26, (x, y, paint) -> {
            shadow(paint, Shapes.circle(x - 0.03, y - 0.04, radius));
            double distance = Shapes.circle(x, y, radius);
            double lamp = 0.82 - 0.9 * (x + y);
            double ring = Shapes.bell((distance + 0.02) / 0.01);
            paint.cover(0xc5cad0, lamp * (1 - 0.3 * ring), canvas.inside(distance));
            double stripe = Math.max(distance + 0.012, x + 0.07);
            paint.cover(0x24262c, 1, canvas.inside(stripe));
        });
    }

    private static void chip(
            Canvas canvas, Local at, double halfWidth, double halfHeight, int pins, boolean fourSides) {
        at.paint(canvas, 1.6 * Math.max(halfWidth, halfHeight), (x, y, paint) -> {
            double pin = pins(x, y, halfWidth, halfHeight, pins);
            if (fourSides) {
                pin = Math.min(pin, pins(y, x, halfHeight, halfWidth, pins));
            }
            paint.light(1 - 0.35 * Canvas.ramp(0.02, 0, pin));
            paint.cover(0xdfe2e4, 0.92, canvas.inside(pin));
            shadow(paint, Shapes.box(x - 0.012, y - 0.016, halfWidth, halfHeight, 0.012));
            double body = Shapes.box(x, y, halfWidth, halfHeight, 0.012);
            double bevel = Canvas.ramp(-0.03, 0, body) * (x + y < 0 ? 0.5 : -0.35);
            paint.cover(0x2b2c30, 1 + bevel, canvas.inside(body));
            double dot = Shapes.circle(x + halfWidth - 0.055, y + halfHeight - 0.055, 0.018);
            paint.cover(0x77797e, canvas.inside(dot));
            paint.cover(0x9fa2a6, 0.8 * canvas.inside(BoardPrint.letters(x + 0.12, y, 0.034, 5, 3)));
        });
    }

    private static double pins(double x, double y, double halfWidth, double halfHeight, int pins) {
        double pitch = 2 * halfWidth / pins;
        double nearest = (Math.floor(x / pitch + (pins % 2 == 0 ? 0 : 0.5)) + (pins % 2 == 0 ? 0.5 : 0)) * pitch;
        if (Math.abs(nearest) > halfWidth) {
            return 1;
        }
        return Shapes.box(x - nearest, Math.abs(y) - halfHeight - 0.03, 0.28 * pitch, 0.035, 0.004);
    }

    private static void connector(Canvas canvas) {
        new Local(-0.44, 0.74, 0).paint(canvas, 0.5, (x, y, paint) -> {
            shadow(paint, Shapes.box(x - 0.02, y - 0.03, 0.36, 0.12, 0.01));
            double body = Shapes.box(x, y, 0.36, 0.12, 0.01);
            double inner = Shapes.box(x, y, 0.325, 0.085, 0.01);
            paint.cover(0xe9e4d6, inner < 0 ? 0.72 : 1 - 0.4 * (x + 2 * y), canvas.inside(body));
            double pitch = 0.11;
            double pin = Shapes.box(x - (Math.floor(x / pitch) + 0.5) * pitch, y, 0.022, 0.022, 0.003);
            paint.cover(0xd9b24a, 1.1 - 5 * y, Math.abs(x) < 0.33 ? canvas.inside(pin) : 0);
        });
    }

    private static void bridge(Canvas canvas, SplittableRandom accident) {
        double along = accident.nextDouble(-0.17, 0.17);
        double out = CHIP + 0.035;
        boolean upright = accident.nextInt(2) == 0;
        double sign = accident.nextInt(2) == 0 ? 1 : -1;
        double cx = CHIP_X + (upright ? sign * out : along);
        double cy = CHIP_Y + (upright ? along : sign * out);
        double length = accident.nextDouble(0.07, 0.11);
        double halfWidth = accident.nextDouble(0.045, 0.055);
        Noise edge = new Noise(accident.nextLong());
        canvas.paint(cx, cy, 0.24, (px, py, paint) -> {
            double x = upright ? py - cy : px - cx;
            double y = upright ? px - cx : py - cy;
            double distance =
                    Shapes.segment(x, y, -length, 0, length, 0, halfWidth) + 0.012 * edge.at(px * 25, py * 25);
            double dome = Canvas.clamp(-distance / halfWidth);
            double glint = Math.exp(-(Math.pow((x + 0.02) / 0.03, 2) + Math.pow((y + 0.012) / 0.012, 2)));
            paint.cover(0xc9ced2, 0.7 + 0.35 * dome + 0.5 * glint, canvas.inside(distance));
        });
    }

    private static void scratch(Canvas canvas, SplittableRandom accident) {
        double x = accident.nextDouble(-0.45, 0.45);
        double y = accident.nextDouble(-0.45, 0.45);
        Shapes.Line line = Shapes.Line.wandering(
                        0, 0, accident.nextDouble(Math.PI * 2), accident.nextDouble(0.6, 0.95), 0.7, accident)
                .centeredAt(x, y);
        double halfWidth = 0.016;
        canvas.paint(x, y, line.reach() + 0.06, (px, py, paint) -> {
            double ends = 1 - 0.6 * Math.pow(Shapes.length(px - x, py - y) / line.reach(), 2);
            paint.cover(0xe3c9a0, 0.95, 0.9 * canvas.inside(line.distance(px, py) - halfWidth * ends));
            paint.cover(0x3b2a1a, 0.5 * canvas.inside(line.distance(px - 0.016, py - 0.016) - 0.5 * halfWidth * ends));
        });
    }
}
