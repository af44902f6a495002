package org.rlr.tensor.cpu;

import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.View;

/** The reconstruction loss and the score of a token: squared error plus cosine distance. Sums in double. */
final class CpuLoss {
    /** Lower bound of the product of norms, the cosine's denominator. */
    private static final double SMALLEST_PRODUCT = 1e-8;

    private static final int CHUNK_ROWS = 64;

    private final Parallel parallel;

    CpuLoss(Parallel parallel) {
        this.parallel = parallel;
    }

    void forward(View reconstruction, View target, View loss) {
        int n = target.shape().last();
        int rows = target.shape().rows();
        float[] r = CpuStorage.array(reconstruction);
        float[] t = CpuStorage.array(target);
        // split by size only and added in order, so that the loss does not depend on threads
        int chunks = (rows + CHUNK_ROWS - 1) / CHUNK_ROWS;
        double[] squares = new double[chunks];
        double[] distances = new double[chunks];
        parallel.forEach(chunks, c -> {
            for (int i = c * CHUNK_ROWS; i < Math.min(rows, (c + 1) * CHUNK_ROWS); i++) {
                Moments m = new Moments(r, reconstruction.offset() + i * n, t, target.offset() + i * n, n);
                squares[c] += m.squaredError;
                distances[c] += 1 - m.cosine();
            }
        });
        double squared = 0;
        double distance = 0;
        for (int c = 0; c < chunks; c++) {
            squared += squares[c];
            distance += distances[c];
        }
        CpuStorage.array(loss)[loss.offset()] = (float) (squared / ((double) rows * n) + distance / rows);
    }

    void backward(View reconstruction, View target, View dloss, View dreconstruction, boolean accumulate) {
        int n = target.shape().last();
        int rows = target.shape().rows();
        float[] r = CpuStorage.array(reconstruction);
        float[] t = CpuStorage.array(target);
        float[] d = CpuStorage.array(dreconstruction);
        double upstream = CpuStorage.array(dloss)[dloss.offset()];
        forRows(rows, n, (from, to) -> {
            for (int i = from; i < to; i++) {
                int ro = reconstruction.offset() + i * n;
                int to0 = target.offset() + i * n;
                int d0 = dreconstruction.offset() + i * n;
                Moments m = new Moments(r, ro, t, to0, n);
                double error = upstream * 2 / ((double) rows * n);
                double ofTarget = upstream / rows / m.denominator();
                double ofItself = m.product() > SMALLEST_PRODUCT ? upstream / rows * m.cosine() / m.squaredNorm : 0;
                for (int j = 0; j < n; j++) {
                    double a = r[ro + j];
                    double b = t[to0 + j];
                    float g = (float) (error * (a - b) + ofItself * a - ofTarget * b);
                    d[d0 + j] = accumulate ? d[d0 + j] + g : g;
                }
            }
        });
    }

    void tokenScores(View reconstruction, View target, View scores) {
        int n = target.shape().last();
        float[] r = CpuStorage.array(reconstruction);
        float[] t = CpuStorage.array(target);
        float[] s = CpuStorage.array(scores);
        forRows(target.shape().rows(), n, (from, to) -> {
            for (int i = from; i < to; i++) {
                Moments m = new Moments(r, reconstruction.offset() + i * n, t, target.offset() + i * n, n);
                s[scores.offset() + i] = (float) (m.squaredError / n + 1 - m.cosine());
            }
        });
    }

    private void forRows(int rows, int n, Parallel.RangeBody body) {
        parallel.forRange(rows, Math.max(1, CpuElementwise.HEAVY_GRAIN / Math.max(1, n)), body);
    }

    /** The sums over one token for its squared error and cosine. */
    private static final class Moments {
        private final double squaredError;
        private final double dot;
        private final double squaredNorm;
        private final double squaredTargetNorm;

        Moments(float[] r, int ro, float[] t, int to, int n) {
            double error = 0;
            double ab = 0;
            double aa = 0;
            double bb = 0;
            for (int i = 0; i < n; i++) {
                double a = r[ro + i];
                double b = t[to + i];
                error += (a - b) * (a - b);
                ab += a * b;
                aa += a * a;
                bb += b * b;
            }
            squaredError = error;
            dot = ab;
            squaredNorm = aa;
            squaredTargetNorm = bb;
        }

        double product() {
            return Math.sqrt(squaredNorm) * Math.sqrt(squaredTargetNorm);
        }

        double denominator() {
            return Math.max(product(), SMALLEST_PRODUCT);
        }

        double cosine() {
            return dot / denominator();
        }
    }
}
