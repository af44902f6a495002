package org.rlr.model.demo;

import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A plain weave of dark warp and light weft, seen from above: a texture. */
final class Fabric implements Product {
    private static final int THREADS = 26;
    private static final int WARP = 0x44607f;
    private static final int WEFT = 0xd9d3c2;

    @Override
    public String name() {
        return "fabric";
    }

    @Override
    public List<String> defects() {
        return List.of("hole", "stain", "broken_thread", "foreign_fibre");
    }

    @Override
    public void paint(Canvas canvas, SplittableRandom variation, @Nullable String defect, SplittableRandom accident) {
        canvas.place(0, 0, variation.nextDouble(-2, 2), variation.nextDouble(0.98, 1.02));
        Weave weave = new Weave(new Noise(variation.nextLong()), variation.nextDouble(), variation.nextDouble());
        double light = variation.nextDouble(0.95, 1.05);
        double towards = variation.nextDouble(Math.PI * 2);
        double x = accident.nextDouble(-0.6, 0.6);
        double y = accident.nextDouble(-0.6, 0.6);
        if ("broken_thread".equals(defect)) {
            weave.breakThreads(x, y, accident.nextDouble(0.3, 0.5));
        }
        canvas.paint(weave);
        if (defect != null) {
            switch (defect) {
                case "hole" -> hole(canvas, x, y, accident);
                case "stain" -> stain(canvas, x, y, accident);
                case "foreign_fibre" -> fibre(canvas, x, y, accident);
                default -> {}
            }
        }
        canvas.paint((px, py, paint) ->
                paint.light(light * (1 + 0.05 * (px * Math.cos(towards) + py * Math.sin(towards)))));
    }

    private static void hole(Canvas canvas, double x, double y, SplittableRandom accident) {
        double radius = accident.nextDouble(0.09, 0.16);
        Noise edge = new Noise(accident.nextLong());
        canvas.paint(x, y, 2.2 * radius, (px, py, paint) -> {
            // the ends of the cut threads stick out into the hole
            double frayed = Shapes.blob(px - x, py - y, radius, 0.5, edge) + 0.02 * edge.at(px * 60, py * 60);
            paint.light(1 - 0.35 * Canvas.ramp(0.06, 0, frayed));
            paint.cover(0x15130f, canvas.inside(frayed));
        });
    }

    private static void stain(Canvas canvas, double x, double y, SplittableRandom accident) {
        double radius = accident.nextDouble(0.14, 0.26);
        Noise edge = new Noise(accident.nextLong());
        int color = accident.nextInt(2) == 0 ? 0x6b4a21 : 0x3f3b38;
        canvas.paint(x, y, 2 * radius, (px, py, paint) -> {
            double distance = Shapes.blob(px - x, py - y, radius, 0.4, edge);
            // liquid leaves most of its colour at the rim
            double soaked = Canvas.ramp(0.015, -0.02, distance) * (0.62 + 0.2 * Canvas.ramp(-0.07, 0, distance));
            paint.filter(color, soaked);
        });
    }

    private static void fibre(Canvas canvas, double x, double y, SplittableRandom accident) {
        Shapes.Line line = Shapes.Line.wandering(
                        0, 0, accident.nextDouble(Math.PI * 2), accident.nextDouble(0.5, 0.9), 5, accident)
                .centeredAt(x, y);
        int color = accident.nextInt(2) == 0 ? 0xb3262c : 0x1c1c20;
        double halfWidth = 0.017;
        canvas.paint(x, y, line.reach() + 0.1, (px, py, paint) -> {
            paint.light(1 - 0.4 * Canvas.ramp(0.035, 0.01, line.distance(px - 0.012, py - 0.018)));
            double distance = line.distance(px, py);
            paint.cover(color, 0.75 + 0.45 * (1 - distance / halfWidth), canvas.inside(distance - halfWidth));
        });
    }

    /** The woven threads. */
    private static final class Weave implements Canvas.Brush {
        private final Noise noise;
        private final Noise threads;
        private final double phaseX;
        private final double phaseY;
        private long brokenRow = Long.MIN_VALUE;
        private double brokenFrom;
        private double brokenTo;

        Weave(Noise noise, double phaseX, double phaseY) {
            this.noise = noise;
            this.threads = noise.other(1);
            this.phaseX = phaseX;
            this.phaseY = phaseY;
        }

        void breakThreads(double x, double y, double halfLength) {
            brokenRow = (long) Math.floor(y * THREADS / 2 + phaseY);
            brokenFrom = x - halfLength;
            brokenTo = x + halfLength;
        }

        @Override
        public void paint(double x, double y, Paint paint) {
            double u = x * THREADS / 2 + phaseX + 0.10 * noise.at(x * 3, y * 3);
            double v = y * THREADS / 2 + phaseY + 0.10 * noise.at(x * 3 + 50, y * 3);
            long column = (long) Math.floor(u);
            long row = (long) Math.floor(v);
            double across = u - column - 0.5;
            double along = v - row - 0.5;
            boolean weftMissing = (row == brokenRow || row == brokenRow + 1) && x > brokenFrom && x < brokenTo;
            boolean weftOnTop = (column + row & 1) == 0 && !weftMissing;
            // a thread is round, and bends down where it goes under the next one
            double thickness = weftOnTop ? along : across;
            double bend = weftOnTop ? across : along;
            double light = Math.sqrt(Math.max(0, 1 - 3.4 * thickness * thickness)) * (1 - 1.1 * bend * bend);
            double thread = threads.cell(weftOnTop ? row : column, weftOnTop ? 1 : 2);
            double grain = weftOnTop ? noise.at(u * 2.5, v * 9) : noise.at(u * 9 + 31, v * 2.5);
            int color = weftOnTop ? WEFT : WARP;
            if (weftMissing) {
                light *= 0.5 + 0.25 * Math.abs(across); // only loose warp over the dark ground
            }
            paint.cover(color, (0.22 + 0.78 * light) * (0.94 + 0.12 * thread) * (1 + 0.08 * grain), 1);
        }
    }
}
