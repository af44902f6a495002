package org.rlr.model.demo;

import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A turned metal flange with a bore and six bolt holes on a dark mat. */
final class MetalDisc implements Product {
    private static final double RADIUS = 0.84;
    private static final double BORE = 0.24;
    private static final double BOLT_CIRCLE = 0.56;
    private static final double BOLT = 0.085;
    private static final int BOLTS = 6;

    @Override
    public String name() {
        return "metal_disc";
    }

    @Override
    public List<String> defects() {
        return List.of("missing_hole", "scratch", "dent", "rust");
    }

    @Override
    public void paint(Canvas canvas, SplittableRandom variation, @Nullable String defect, SplittableRandom accident) {
        canvas.place(
                variation.nextDouble(-0.03, 0.03),
                variation.nextDouble(-0.03, 0.03),
                variation.nextDouble(-4, 4),
                variation.nextDouble(0.98, 1.02));
        Noise noise = new Noise(variation.nextLong());
        double shine = -0.7 + variation.nextDouble(-0.08, 0.08);
        double light = variation.nextDouble(0.95, 1.05);
        canvas.paint((x, y, paint) -> mat(x, y, paint, noise));
        canvas.paint((x, y, paint) -> metal(canvas, x, y, paint, noise, shine));
        int skipped = "missing_hole".equals(defect) ? accident.nextInt(BOLTS) : -1;
        for (int i = 0; i < BOLTS; i++) {
            if (i != skipped) {
                double angle = boltAngle(i);
                hole(canvas, BOLT_CIRCLE * Math.cos(angle), BOLT_CIRCLE * Math.sin(angle), BOLT, noise);
            }
        }
        hole(canvas, 0, 0, BORE, noise);
        if (defect != null) {
            // a place on the metal between two bolt holes
            double angle = Math.PI * 2 * (accident.nextInt(BOLTS) + 0.75 + accident.nextDouble(-0.12, 0.12)) / BOLTS;
            double distance = accident.nextDouble(0.46, 0.64);
            double x = distance * Math.cos(angle);
            double y = distance * Math.sin(angle);
            switch (defect) {
                case "scratch" -> scratch(canvas, x, y, accident);
                case "dent" -> dent(canvas, x, y, accident);
                case "rust" -> rust(canvas, x, y, accident);
                default -> {}
            }
        }
        canvas.paint((x, y, paint) -> paint.light(light));
    }

    private static double boltAngle(int bolt) {
        return Math.PI * 2 * (bolt + 0.25) / BOLTS;
    }

    /** Whether a place is on the face, outside the holes and inside the disc. */
    private static boolean onMetal(double x, double y) {
        double radius = Shapes.length(x, y);
        boolean free = radius > BORE + 0.02 && radius < RADIUS;
        for (int i = 0; i < BOLTS && free; i++) {
            double angle = boltAngle(i);
            free = Shapes.circle(x - BOLT_CIRCLE * Math.cos(angle), y - BOLT_CIRCLE * Math.sin(angle), BOLT) > 0.015;
        }
        return free;
    }

    private static void mat(double x, double y, Paint paint, Noise noise) {
        paint.cover(0x2b2d33, 1 + 0.12 * noise.at(x * 40, y * 40) + 0.05 * noise.at(x * 3, y * 3), 1);
        paint.light(1 - 0.6 * Canvas.ramp(0.16, 0, Shapes.circle(x - 0.03, y - 0.05, RADIUS)));
    }

    private static void metal(Canvas canvas, double x, double y, Paint paint, Noise noise, double shine) {
        double radius = Shapes.length(x, y);
        double rim = radius - RADIUS;
        if (rim > 2 * canvas.pixel()) {
            return;
        }
        double angle = Math.atan2(y, x);
        // light on concentric grooves makes two opposite fans
        double fan = Math.pow(Math.cos(angle - shine), 2);
        double grooves = 0.035 * noise.at(radius * 70, 3 + 1.5 * Math.cos(angle)) + 0.03 * noise.at(radius * 24, 9);
        double light = 0.60 + 0.32 * fan * fan + grooves;
        // a bright chamfer towards the lamp, a dark one away from it, and a turned groove
        double lamp = Math.cos(angle - shine - Math.PI / 2 + 0.6);
        light += 0.22 * lamp * Canvas.ramp(-0.05, -0.03, rim);
        light -= 0.20 * Shapes.bell((radius - 0.37) / 0.012);
        light += 0.10 * Shapes.bell((radius - 0.393) / 0.010);
        paint.cover(0xd6d9dd, light, canvas.inside(rim));
    }

    private static void hole(Canvas canvas, double cx, double cy, double radius, Noise noise) {
        canvas.paint(cx, cy, 1.4 * radius, (x, y, paint) -> {
            double distance = Shapes.circle(x - cx, y - cy, radius);
            double lamp = ((x - cx) - (y - cy)) / (1.5 * radius);
            double chamfer = canvas.inside(distance - 0.022) * (1 - canvas.inside(distance));
            paint.light(1 + 0.25 * lamp * chamfer);
            // deep, the upper left wall in shadow
            double depth = Canvas.ramp(0.02, -0.09, Shapes.circle(x - cx - 0.02, y - cy - 0.025, radius));
            paint.cover(0x1d1e22, 0.55 + 0.5 * depth + 0.05 * noise.at(x * 40, y * 40), canvas.inside(distance));
        });
    }

    private static void scratch(Canvas canvas, double x, double y, SplittableRandom accident) {
        double length = accident.nextDouble(0.35, 0.6);
        Shapes.Line line = Shapes.Line.wandering(0, 0, accident.nextDouble(Math.PI * 2), length, 0.6, accident)
                .centeredAt(x, y);
        double halfWidth = 0.014;
        canvas.paint(x, y, line.reach() + 0.06, (px, py, paint) -> {
            if (!onMetal(px, py)) {
                return;
            }
            double ends = 1 - 0.7 * Math.pow(Shapes.length(px - x, py - y) / line.reach(), 2);
            paint.cover(0x2a2a2e, 0.85 * canvas.inside(line.distance(px, py) - halfWidth * ends));
            paint.cover(0xffffff, 0.75 * canvas.inside(line.distance(px - 0.016, py - 0.016) - 0.7 * halfWidth * ends));
        });
    }

    private static void dent(Canvas canvas, double x, double y, SplittableRandom accident) {
        double radius = accident.nextDouble(0.09, 0.13);
        double squeeze = accident.nextDouble(0.7, 1);
        canvas.paint(x, y, 1.7 * radius, (px, py, paint) -> {
            double dx = (px - x) / radius;
            double dy = (py - y) / (radius * squeeze);
            double bowl = Math.exp(-1.5 * (dx * dx + dy * dy) * (dx * dx + dy * dy));
            // the side that faces the lamp is bright, the other dark
            paint.light(1 + bowl * (0.85 * (dx + dy) - 0.22));
        });
    }

    private static void rust(Canvas canvas, double x, double y, SplittableRandom accident) {
        double radius = accident.nextDouble(0.11, 0.18);
        Noise noise = new Noise(accident.nextLong());
        canvas.paint(x, y, 2 * radius, (px, py, paint) -> {
            if (!onMetal(px, py)) {
                return;
            }
            double distance = Shapes.blob(px - x, py - y, radius, 0.7, noise);
            double spots = 0.75 + 0.5 * noise.rough(px * 28, py * 28);
            paint.cover(
                    noise.at(px * 20, py * 20) > 0 ? 0x8a4a22 : 0x6e3518,
                    0.9 + 0.3 * noise.rough(px * 45, py * 45),
                    Canvas.clamp(spots) * Canvas.ramp(0.03, -0.03, distance));
        });
    }
}
