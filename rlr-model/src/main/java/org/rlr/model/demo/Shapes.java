package org.rlr.model.demo;

import java.util.SplittableRandom;

/** Signed distances to the borders of shapes, negative inside. */
final class Shapes {
    private Shapes() {}

    /** {@code √(x² + y²)}; {@link Math#hypot}, which guards against overflow, takes ten times as long. */
    static double length(double x, double y) {
        return Math.sqrt(x * x + y * y);
    }

    /** {@code exp(−x²)}, a ridge around 0. */
    static double bell(double x) {
        return Math.exp(-x * x);
    }

    static double circle(double x, double y, double radius) {
        return length(x, y) - radius;
    }

    /** An upright rectangle with half width {@code a}, half height {@code b} and rounded corners around the origin. */
    static double box(double x, double y, double a, double b, double corner) {
        double dx = Math.abs(x) - a + corner;
        double dy = Math.abs(y) - b + corner;
        return length(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - corner;
    }

    /** A straight stroke with round ends. */
    static double segment(double x, double y, double ax, double ay, double bx, double by, double halfWidth) {
        double px = x - ax;
        double py = y - ay;
        double dx = bx - ax;
        double dy = by - ay;
        double t = Canvas.clamp((px * dx + py * dy) / Math.max(dx * dx + dy * dy, 1e-12));
        return length(px - t * dx, py - t * dy) - halfWidth;
    }

    /** An irregular round spot around the origin: {@code roughness} varies the radius. */
    static double blob(double x, double y, double radius, double roughness, Noise noise) {
        double waver = noise.rough(2.2 * x / radius + 40, 2.2 * y / radius + 40);
        return length(x, y) - radius * (1 + roughness * waver);
    }

    /** A line through several points. */
    record Line(double[] xs, double[] ys) {
        /**
         * A hand-drawn line from a place in a direction (radians) that changes along the way.
         *
         * @param bend approximate change of direction over the whole length, in radians
         */
        static Line wandering(
                double x, double y, double direction, double length, double bend, SplittableRandom random) {
            int points = 24;
            double[] xs = new double[points];
            double[] ys = new double[points];
            double turn = 0;
            for (int i = 0; i < points; i++) {
                xs[i] = x;
                ys[i] = y;
                turn = 0.8 * turn + 0.6 * random.nextGaussian();
                direction += turn * bend / points;
                x += Math.cos(direction) * length / (points - 1);
                y += Math.sin(direction) * length / (points - 1);
            }
            return new Line(xs, ys);
        }

        /** The same line, moved so that its middle is at a place. */
        Line centeredAt(double x, double y) {
            double[] newXs = xs.clone();
            double[] newYs = ys.clone();
            int middle = xs.length / 2;
            for (int i = 0; i < xs.length; i++) {
                newXs[i] += x - xs[middle];
                newYs[i] += y - ys[middle];
            }
            return new Line(newXs, newYs);
        }

        /** Distance to the line, which has no width. */
        double distance(double x, double y) {
            double nearest = Double.MAX_VALUE;
            for (int i = 1; i < xs.length; i++) {
                nearest = Math.min(nearest, segment(x, y, xs[i - 1], ys[i - 1], xs[i], ys[i], 0));
            }
            return nearest;
        }

        /** The greatest distance of a point of the line from its middle. */
        double reach() {
            int middle = xs.length / 2;
            double reach = 0;
            for (int i = 0; i < xs.length; i++) {
                reach = Math.max(reach, length(xs[i] - xs[middle], ys[i] - ys[middle]));
            }
            return reach;
        }

        double middleX() {
            return xs[xs.length / 2];
        }

        double middleY() {
            return ys[ys.length / 2];
        }
    }
}
