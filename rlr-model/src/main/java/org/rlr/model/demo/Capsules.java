package org.rlr.model.demo;

import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Six two-coloured capsules in the pockets of a blister pack. */
final class Capsules implements Product {
    private static final double HALF_WIDTH = 0.155;
    private static final double HALF_LENGTH = 0.33;
    private static final int CAP = 0xc4302b;
    private static final int BODY = 0xf0e6cf;
    private static final int WRONG = 0x2f6fb0;

    @Override
    public String name() {
        return "capsules";
    }

    @Override
    public List<String> defects() {
        return List.of("missing", "broken", "wrong_colour", "contamination");
    }

    @Override
    public void paint(Canvas canvas, SplittableRandom variation, @Nullable String defect, SplittableRandom accident) {
        canvas.place(
                variation.nextDouble(-0.025, 0.025),
                variation.nextDouble(-0.025, 0.025),
                variation.nextDouble(-2, 2),
                variation.nextDouble(0.98, 1.02));
        Noise noise = new Noise(variation.nextLong());
        double light = variation.nextDouble(0.95, 1.05);
        canvas.paint((x, y, paint) -> foil(x, y, paint, noise));
        int chosen = accident.nextInt(6);
        for (int i = 0; i < 6; i++) {
            double cx = 0.6 * (i % 3 - 1);
            double cy = 0.46 * (i / 3 * 2 - 1);
            pocket(canvas, cx, cy);
            double angle = Math.toRadians(variation.nextDouble(-3, 3));
            double dx = variation.nextDouble(-0.012, 0.012);
            double dy = variation.nextDouble(-0.015, 0.015);
            String fault = defect != null && i == chosen ? defect : "";
            if (!fault.equals("missing")) {
                new Capsule(canvas, cx + dx, cy + dy, angle, fault, accident).paint();
            }
            if (fault.equals("contamination")) {
                dirt(canvas, cx, cy, accident);
            }
            gloss(canvas, cx, cy);
        }
        canvas.paint((x, y, paint) -> paint.light(light));
    }

    private static void foil(double x, double y, Paint paint, Noise noise) {
        double embossed = 0.03 * Math.sin(x * 55) * Math.sin(y * 55);
        paint.cover(0xb9c0c8, 1 + embossed + 0.05 * noise.at(x * 2.5, y * 2.5) + 0.08 * (x - y) / 2, 1);
    }

    private static double pocketDistance(double x, double y) {
        return Shapes.box(x, y, HALF_WIDTH + 0.055, HALF_LENGTH + 0.055, HALF_WIDTH + 0.05);
    }

    private static void pocket(Canvas canvas, double cx, double cy) {
        canvas.paint(cx, cy, 0.5, (x, y, paint) -> {
            double distance = pocketDistance(x - cx, y - cy);
            paint.light(1 - 0.35 * Shapes.bell(distance / 0.018));
            double lamp = Canvas.clamp(0.5 + 1.5 * ((x - cx) + (y - cy)));
            paint.cover(0x98a1ab, 0.72 + 0.25 * lamp, canvas.inside(distance));
        });
    }

    /** Reflections on the clear plastic. */
    private static void gloss(Canvas canvas, double cx, double cy) {
        canvas.paint(cx, cy, 0.5, (x, y, paint) -> {
            double left = Shapes.segment(x - cx, y - cy, -0.095, -0.26, -0.095, 0.05, 0.012);
            paint.cover(0xffffff, 0.55 * Canvas.ramp(0.02, -0.012, left));
            double rim = pocketDistance(x - cx, y - cy) + 0.018;
            paint.cover(0xffffff, 0.45 * Shapes.bell(rim / 0.01) * Canvas.ramp(0, 0.4, -(x - cx) - (y - cy)));
        });
    }

    private static void dirt(Canvas canvas, double cx, double cy, SplittableRandom accident) {
        for (int i = 0; i < 4; i++) {
            double x = cx + accident.nextDouble(-0.11, 0.11);
            double y = cy + accident.nextDouble(-0.25, 0.25);
            double radius = accident.nextDouble(0.02, 0.05);
            Noise edge = new Noise(accident.nextLong());
            canvas.paint(
                    x,
                    y,
                    2 * radius,
                    (px, py, paint) -> paint.cover(
                            0x26211d, 0.95 * canvas.inside(Shapes.blob(px - x, py - y, radius, 0.6, edge))));
        }
    }

    /** One capsule, almost upright, the cap above. */
    private static final class Capsule {
        private final Canvas canvas;
        private final double cx;
        private final double cy;
        private final double cos;
        private final double sin;
        private final int cap;
        private final int body;
        private final boolean broken;
        private final double breakAt;
        /** Shape of the break. */
        private final Noise edge;

        Capsule(Canvas canvas, double cx, double cy, double angle, String fault, SplittableRandom accident) {
            this.canvas = canvas;
            this.cx = cx;
            this.cy = cy;
            cos = Math.cos(angle);
            sin = Math.sin(angle);
            boolean wrong = fault.equals("wrong_colour");
            boolean both = wrong && accident.nextInt(2) == 0;
            cap = wrong ? WRONG : CAP;
            body = both ? WRONG : BODY;
            broken = fault.equals("broken");
            breakAt = broken ? accident.nextDouble(0.02, 0.14) : 0;
            edge = new Noise(broken ? accident.nextLong() : 0);
        }

        void paint() {
            canvas.paint(cx, cy, 0.42, (px, py, paint) -> {
                double x = cos * (px - cx) + sin * (py - cy);
                double y = cos * (py - cy) - sin * (px - cx);
                double distance = distance(x, y);
                paint.light(1 - 0.45 * Canvas.ramp(0.05, -0.02, distance(x - 0.025, y - 0.03)));
                shell(x, y, paint, canvas.inside(distance));
                if (broken) {
                    powder(x, y, paint);
                }
            });
        }

        /** The outline; a broken capsule ends in a jagged edge. */
        private double distance(double x, double y) {
            boolean isCap = y < 0.02;
            double distance = Shapes.segment(
                    x,
                    y,
                    0,
                    HALF_WIDTH - HALF_LENGTH,
                    0,
                    HALF_LENGTH - HALF_WIDTH,
                    isCap ? HALF_WIDTH : HALF_WIDTH - 0.01);
            return broken ? Math.max(distance, y - breakAt - 0.04 * edge.at(x * 22, 1) - 0.2 * x) : distance;
        }

        private void shell(double x, double y, Paint paint, double alpha) {
            double side = x / HALF_WIDTH;
            double end = Math.max(0, (Math.abs(y) - HALF_LENGTH + HALF_WIDTH) / HALF_WIDTH);
            double up = Math.sqrt(Math.max(0, 1 - side * side - end * end));
            double light = 0.52 + 0.42 * up - 0.14 * side - 0.08 * end * Math.signum(y);
            double seam = Shapes.bell((y - 0.02) / 0.008);
            paint.cover(y < 0.02 ? cap : body, light * (1 - 0.35 * seam), alpha);
        }

        /** Spilled powder around the break. */
        private void powder(double x, double y, Paint paint) {
            double spilled = Shapes.blob(x, y - breakAt - 0.1, 0.1, 0.8, edge);
            double grains = 0.85 + 0.25 * edge.at(x * 60, y * 60);
            paint.cover(0xe8dcb8, grains, Canvas.ramp(0.02, -0.02, spilled + 0.03 * edge.at(x * 40, y * 40)));
        }
    }
}
