package org.rlr.tensor.backend;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The contract of the reconstruction loss and the token scores. */
public abstract class LossContract extends BackendContract {
    private static final double STEP = 1e-5;

    @Test
    void lossScoresAndGradient() {
        for (int n : ShapeFuzz.EDGES) {
            if (n > 0) {
                check(fuzz.size(1, 17), n, 1);
            }
        }
        check(1030, 72, 1);
        check(5, 33, 0.01);
    }

    /** @param difference distance between reconstruction and target */
    private void check(int rows, int n, double difference) {
        double[] target = fuzz.normals(rows * n);
        double[] reconstruction = fuzz.normals(rows * n);
        for (int i = 0; i < target.length; i++) {
            reconstruction[i] = (float) (target[i] + difference * reconstruction[i]);
        }
        String what = rows + "x" + n + " " + fuzz;
        View r = input(reconstruction, 1, rows, n);
        View t = input(target, 1, rows, n);

        View loss = output();
        backend.reconstructionLoss(r, t, loss);
        double[] exactLoss = {ReferenceOps.reconstructionLoss(reconstruction, target, n)};
        ErrorBound.check("loss " + what, exactLoss, exactLoss, read(loss), 2, 1);

        View scores = output(1, rows);
        backend.tokenScores(r, t, scores);
        double[] exactScores = new double[rows];
        double[][] errors = ReferenceOps.tokenErrors(reconstruction, target, n);
        for (int i = 0; i < rows; i++) {
            exactScores[i] = errors[i][0] + errors[i][1];
        }
        ErrorBound.check("scores " + what, exactScores, exactScores, read(scores), 2, 1);

        if (rows * n > 3000) {
            return;
        }
        double upstream = 0.75;
        boolean accumulate = fuzz.flip();
        double[] before = fuzz.normals(rows * n);
        double[] gradient = new double[rows * n];
        double[] moved = reconstruction.clone();
        for (int i = 0; i < gradient.length; i++) {
            // only one token's part, so that the other tokens do not hide the difference
            int row = i / n;
            moved[i] = reconstruction[i] + STEP;
            double up = tokenLoss(moved, target, row, n);
            moved[i] = reconstruction[i] - STEP;
            double down = tokenLoss(moved, target, row, n);
            moved[i] = reconstruction[i];
            gradient[i] = upstream * (up - down) / (2 * STEP) / rows;
        }
        View d = result(accumulate, before, 1, rows, n);
        backend.reconstructionLossBackward(r, t, input(new double[] {upstream}), d, accumulate);
        // for one channel the cosine is ±1 and its gradient 0, which finite differences only approximate
        double[] exact = plus(accumulate, before, gradient);
        ErrorBound.check("loss backward " + what, exact, exact, read(d), 3, 40);
    }

    private static double tokenLoss(double[] reconstruction, double[] target, int row, int n) {
        double[] a = Arrays.copyOfRange(reconstruction, row * n, (row + 1) * n);
        double[] b = Arrays.copyOfRange(target, row * n, (row + 1) * n);
        return ReferenceOps.reconstructionLoss(a, b, n);
    }

    @Test
    void zeroVectorsHaveCosineZero() {
        View r = input(new double[] {0, 0, 3, 4}, 2, 2);
        View t = input(new double[] {1, 1, 3, 4}, 2, 2);
        View scores = output(2);
        backend.tokenScores(r, t, scores);
        ErrorBound.check("scores", new double[] {2, 0}, new double[] {2, 0}, read(scores), 2, 1);
        View d = output(2, 2);
        backend.reconstructionLossBackward(r, t, input(new double[] {1}), d, false);
        // below the bound the denominator is constant: −x/1e-8, over two tokens, plus the squared error's −2/4
        double big = -0.5 - 0.5e8;
        double[] exact = {big, big, 0, 0};
        ErrorBound.check("gradient", exact, exact, read(d), 2, 4);
    }
}
