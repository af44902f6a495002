package org.rlr.model.demo;

/**
 * The etched and printed parts of every {@link CircuitBoard}: traces, vias, pads, letters. All boards have the same.
 */
final class BoardPrint {
    private static final int COPPER = 0x2f9560;
    private static final int GOLD = 0xcfae55;
    private static final int WHITE = 0xe6ebe6;

    /** Corner points of the traces, {@code x, y, x, y, …}. */
    private static final double[][] TRACES = {
        {-0.08, -0.52, 0.10, -0.70, 0.24, -0.70},
        {-0.08, -0.44, 0.14, -0.54, 0.24, -0.54},
        {-0.08, -0.36, 0.24, -0.38},
        {0.48, -0.70, 0.70, -0.70, 0.84, -0.56, 0.84, 0.02, 0.70, 0.16, 0.70, 0.26},
        {0.48, -0.54, 0.62, -0.54, 0.62, -0.24},
        {0.48, -0.38, 0.54, -0.32, 0.54, 0.10, 0.46, 0.18, 0.46, 0.26},
        {-0.08, -0.24, 0.34, -0.24, 0.40, -0.18, 0.40, 0.26},
        {-0.08, -0.16, 0.20, -0.12, 0.32, 0.00, 0.32, 0.26},
        {-0.56, -0.04, -0.56, 0.18},
        {-0.48, -0.04, -0.40, 0.10, -0.40, 0.18},
        {-0.64, -0.04, -0.72, 0.06, -0.72, 0.18},
        {-0.72, 0.42, -0.72, 0.62},
        {-0.56, 0.42, -0.56, 0.62},
        {-0.40, 0.42, -0.40, 0.62},
        {-0.32, -0.04, -0.12, 0.16, -0.08, 0.22},
        {-0.04, 0.48, 0.10, 0.62, 0.30, 0.62, 0.36, 0.56},
        {-0.02, 0.74, 0.44, 0.74, 0.54, 0.64, 0.54, 0.56},
        {-0.66, -0.30, -0.84, -0.30, -0.84, 0.52, -0.76, 0.60},
        {-0.66, -0.46, -0.78, -0.58, -0.78, -0.72}
    };

    private static final double[][] VIAS = {
        {0.12, -0.86},
        {0.24, 0.10},
        {0.10, 0.10},
        {0.20, 0.86},
        {0.34, 0.86},
        {0.66, 0.76},
        {0.78, 0.76},
        {-0.02, 0.74},
        {-0.78, -0.72},
        {0.84, 0.40},
        {-0.20, 0.60},
        {0.06, -0.04}
    };

    private BoardPrint() {}

    static void paint(Canvas canvas) {
        for (double[] trace : TRACES) {
            for (int i = 2; i < trace.length; i += 2) {
                double ax = trace[i - 2];
                double ay = trace[i - 1];
                double bx = trace[i];
                double by = trace[i + 1];
                canvas.paint(
                        (ax + bx) / 2,
                        (ay + by) / 2,
                        Shapes.length(bx - ax, by - ay) / 2 + 0.03,
                        (x, y, paint) ->
                                paint.cover(COPPER, canvas.inside(Shapes.segment(x, y, ax, ay, bx, by, 0.015))));
            }
        }
        for (double[] via : VIAS) {
            ring(canvas, via[0], via[1], 0.032, 0.012);
        }
        for (int corner = 0; corner < 4; corner++) {
            ring(canvas, corner % 2 == 0 ? -0.83 : 0.83, corner < 2 ? -0.83 : 0.83, 0.075, 0.042);
        }
        printed(canvas, -0.56, -0.76, 0.05, 7, 1);
        printed(canvas, 0.30, 0.22, 0.04, 4, 2);
        printed(canvas, 0.22, 0.72, 0.05, 5, 4);
        canvas.paint(
                -0.36,
                -0.34,
                0.5,
                (x, y, paint) -> paint.cover(
                        WHITE,
                        0.85 * canvas.inside(Math.abs(Shapes.box(x + 0.36, y + 0.34, 0.335, 0.335, 0.02)) - 0.006)));
    }

    private static void ring(Canvas canvas, double cx, double cy, double radius, double hole) {
        canvas.paint(cx, cy, radius + 0.02, (x, y, paint) -> {
            paint.cover(GOLD, 1 - 3 * (x - cx + y - cy), canvas.inside(Shapes.circle(x - cx, y - cy, radius)));
            paint.cover(0x1a1d1b, canvas.inside(Shapes.circle(x - cx, y - cy, hole)));
        });
    }

    /** The two pads of a small part, and its printed outline. */
    static void pads(Canvas canvas, double cx, double cy, double degrees) {
        boolean upright = degrees == 90;
        canvas.paint(cx, cy, 0.2, (px, py, paint) -> {
            double x = upright ? py - cy : px - cx;
            double y = upright ? px - cx : py - cy;
            paint.cover(WHITE, 0.85 * canvas.inside(Math.abs(Shapes.box(x, y, 0.165, 0.075, 0.01)) - 0.005));
            paint.cover(GOLD, canvas.inside(Shapes.box(Math.abs(x) - 0.1, y, 0.045, 0.055, 0.005)));
        });
    }

    private static void printed(Canvas canvas, double x, double y, double height, int letters, int text) {
        canvas.paint(
                x + letters * height / 2,
                y,
                letters * height,
                (px, py, paint) ->
                        paint.cover(WHITE, 0.9 * canvas.inside(letters(px - x, py - y, height, letters, text))));
    }

    /**
     * Distance to a row of letter-like marks that starts at the origin and runs right; drawn, as fonts differ between
     * machines.
     */
    static double letters(double x, double y, double height, int letters, int text) {
        double pitch = 0.9 * height;
        int index = (int) Math.floor(x / pitch);
        if (index < 0 || index >= letters || Math.abs(y) > height) {
            return 1;
        }
        double u = x - (index + 0.5) * pitch;
        int strokes = ((int) (Noise.mix(text * 1000L + index) >>> 40) & 0x7f) | 0x9;
        double w = 0.27 * height;
        double h = 0.5 * height;
        double[][] bars = {
            {-w, -h, w, -h}, {-w, 0, w, 0}, {-w, h, w, h}, {-w, -h, -w, 0}, {w, -h, w, 0}, {-w, 0, -w, h}, {w, 0, w, h}
        };
        double distance = 1;
        for (int bar = 0; bar < bars.length; bar++) {
            if ((strokes >> bar & 1) != 0) {
                double[] b = bars[bar];
                distance = Math.min(distance, Shapes.segment(u, y, b[0], b[1], b[2], b[3], 0.1 * height));
            }
        }
        return distance;
    }
}
