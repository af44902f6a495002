package org.rlr.tensor.backend;

import java.util.List;
import org.rlr.tensor.Shape;

/**
 * The primitives by definition, simple and slow. One instance computes in double: the exact value. The other rounds to
 * float after every operation, to measure the error of a naive float32 computation.
 */
public final class ReferenceOps {
    /** In double. */
    public static final ReferenceOps EXACT = new ReferenceOps(false);
    /** Every operation rounded to float; rounding a double sum or product of floats gives the float result. */
    public static final ReferenceOps NAIVE = new ReferenceOps(true);

    private final boolean single;

    private ReferenceOps(boolean single) {
        this.single = single;
    }

    private double r(double value) {
        return single ? (float) value : value;
    }

    // ---- elementwise ----

    /** {@code op(x)}, exactly. */
    public static double unary(UnaryOp op, double x) {
        return switch (op) {
            case NEG -> -x;
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case SQRT -> Math.sqrt(x);
            case SQUARE -> x * x;
            case RECIPROCAL -> 1 / x;
            case TANH -> Math.tanh(x);
            case SIGMOID -> 1 / (1 + Math.exp(-x));
            case RELU -> Math.max(x, 0);
            case RELU6 -> Math.min(Math.max(x, 0), 6);
            case SILU -> x / (1 + Math.exp(-x));
            case GELU -> x * normalCdf(x);
        };
    }

    /** {@code op'(x)}, exactly. */
    public static double derivative(UnaryOp op, double x) {
        double s = 1 / (1 + Math.exp(-x));
        return switch (op) {
            case NEG -> -1;
            case EXP -> Math.exp(x);
            case LOG -> 1 / x;
            case SQRT -> 0.5 / Math.sqrt(x);
            case SQUARE -> 2 * x;
            case RECIPROCAL -> -1 / (x * x);
            case TANH -> 1 - Math.tanh(x) * Math.tanh(x);
            case SIGMOID -> s * (1 - s);
            case RELU -> x > 0 ? 1 : 0;
            case RELU6 -> x > 0 && x < 6 ? 1 : 0;
            case SILU -> s + x * s * (1 - s);
            case GELU -> normalCdf(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
        };
    }

    /**
     * Φ(x): {@code ½ + φ(x)·(x + x³/3 + x⁵/15 + …)}, in the tails the continued fraction of Mills' ratio (Abramowitz
     * and Stegun 26.2.11, 26.2.14).
     */
    public static double normalCdf(double x) {
        double t = Math.abs(x);
        double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
        if (t < 3) {
            double term = x;
            double sum = x;
            for (int i = 3; i < 200; i += 2) {
                term *= x * x / i;
                sum += term;
            }
            return 0.5 + density * sum;
        }
        double fraction = t;
        for (int i = 200; i >= 1; i--) {
            fraction = t + i / fraction;
        }
        return x > 0 ? 1 - density / fraction : density / fraction;
    }

    /** {@code op(a, b)} broadcast to a shape. */
    public double[] binary(BinaryOp op, double[] a, Shape aShape, double[] b, Shape bShape, Shape out) {
        double[] result = new double[out.elements()];
        for (int i = 0; i < result.length; i++) {
            double x = a[broadcastIndex(i, out, aShape)];
            double y = b[broadcastIndex(i, out, bShape)];
            result[i] = r(
                    switch (op) {
                        case ADD -> x + y;
                        case SUB -> x - y;
                        case MUL -> x * y;
                        case DIV -> x / y;
                    });
        }
        return result;
    }

    /** Returns the element of {@code from} that element {@code index} of {@code to} repeats. */
    public static int broadcastIndex(int index, Shape to, Shape from) {
        int place = 0;
        int stride = 1;
        int rest = index;
        for (int i = 1; i <= to.rank(); i++) {
            int at = rest % to.dim(to.rank() - i);
            rest /= to.dim(to.rank() - i);
            if (i <= from.rank()) {
                int extent = from.dim(from.rank() - i);
                place += (extent == 1 ? 0 : at) * stride;
                stride *= extent;
            }
        }
        return place;
    }

    /** The sums over the elements that broadcasting {@code y} to {@code x} would repeat. */
    public double[] sumTo(double[] x, Shape xShape, Shape yShape) {
        double[] y = new double[yShape.elements()];
        for (int i = 0; i < x.length; i++) {
            int at = broadcastIndex(i, xShape, yShape);
            y[at] = r(y[at] + x[i]);
        }
        return y;
    }

    // ---- rows ----

    /** Softmax over rows of {@code n}. */
    public double[] softmax(double[] x, int n) {
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += n) {
            double max = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < n; i++) {
                max = Math.max(max, x[row + i]);
            }
            double sum = 0;
            for (int i = 0; i < n; i++) {
                y[row + i] = r(Math.exp(r(x[row + i] - max)));
                sum = r(sum + y[row + i]);
            }
            for (int i = 0; i < n; i++) {
                y[row + i] = r(y[row + i] / sum);
            }
        }
        return y;
    }

    /** {@code y·(dy − Σ y·dy)} over rows of {@code n}. */
    public double[] softmaxBackward(double[] y, double[] dy, int n) {
        double[] dx = new double[y.length];
        for (int row = 0; row < y.length; row += n) {
            double dot = 0;
            for (int i = 0; i < n; i++) {
                dot = r(dot + r(y[row + i] * dy[row + i]));
            }
            for (int i = 0; i < n; i++) {
                dx[row + i] = r(y[row + i] * r(dy[row + i] - dot));
            }
        }
        return dx;
    }

    /** The results of a layer normalisation: y, and the mean and rstd of every row. */
    public record Normalized(double[] y, double[] mean, double[] rstd) {}

    /** {@code Σᵢ wᵢ·xᵢ}. */
    public double[] weightedSum(List<double[]> xs, float[] weights) {
        double[] y = new double[xs.get(0).length];
        for (int i = 0; i < weights.length; i++) {
            for (int j = 0; j < y.length; j++) {
                y[j] = r(y[j] + r(weights[i] * xs.get(i)[j]));
            }
        }
        return y;
    }

    /** Layer normalisation over rows of {@code gamma.length}. */
    public Normalized layerNorm(double[] x, double[] gamma, double[] beta, double eps) {
        int n = gamma.length;
        double[] y = new double[x.length];
        double[] mean = new double[x.length / n];
        double[] rstd = new double[x.length / n];
        for (int row = 0; row < mean.length; row++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum = r(sum + x[row * n + i]);
            }
            mean[row] = r(sum / n);
            double squares = 0;
            for (int i = 0; i < n; i++) {
                double d = r(x[row * n + i] - mean[row]);
                squares = r(squares + r(d * d));
            }
            rstd[row] = r(1 / r(Math.sqrt(r(r(squares / n) + eps))));
            for (int i = 0; i < n; i++) {
                y[row * n + i] = r(r(r(r(x[row * n + i] - mean[row]) * rstd[row]) * gamma[i]) + beta[i]);
            }
        }
        return new Normalized(y, mean, rstd);
    }

    /** The gradients of a layer normalisation: of x, gamma and beta. */
    public double[][] layerNormBackward(double[] x, double[] gamma, double[] mean, double[] rstd, double[] dy) {
        int n = gamma.length;
        double[] dx = new double[x.length];
        double[] dgamma = new double[n];
        double[] dbeta = new double[n];
        for (int row = 0; row < mean.length; row++) {
            double sum = 0;
            double dot = 0;
            for (int i = 0; i < n; i++) {
                int at = row * n + i;
                double normal = r(r(x[at] - mean[row]) * rstd[row]);
                double g = r(dy[at] * gamma[i]);
                sum = r(sum + g);
                dot = r(dot + r(g * normal));
                dgamma[i] = r(dgamma[i] + r(dy[at] * normal));
                dbeta[i] = r(dbeta[i] + dy[at]);
            }
            for (int i = 0; i < n; i++) {
                int at = row * n + i;
                double normal = r(r(x[at] - mean[row]) * rstd[row]);
                dx[at] = r(rstd[row] * r(r(r(dy[at] * gamma[i]) - r(sum / n)) - r(normal * r(dot / n))));
            }
        }
        return new double[][] {dx, dgamma, dbeta};
    }

    // ---- matrices ----

    /** {@code alpha·op(A)·op(B)} of one pair of matrices without gaps. */
    public double[] matmul(double[] a, boolean transA, double[] b, boolean transB, int m, int n, int k, double alpha) {
        double[] c = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int l = 0; l < k; l++) {
                    double x = transA ? a[l * m + i] : a[i * k + l];
                    double y = transB ? b[j * k + l] : b[l * n + j];
                    sum = r(sum + r(x * y));
                }
                c[i * n + j] = r(alpha * sum);
            }
        }
        return c;
    }

    // ---- loss ----

    /** Per token the mean squared error and the cosine distance. */
    public static double[][] tokenErrors(double[] reconstruction, double[] target, int n) {
        double[][] errors = new double[target.length / n][2];
        for (int row = 0; row < errors.length; row++) {
            double squares = 0;
            double dot = 0;
            double a = 0;
            double b = 0;
            for (int i = row * n; i < (row + 1) * n; i++) {
                squares += Math.pow(reconstruction[i] - target[i], 2);
                dot += reconstruction[i] * target[i];
                a += reconstruction[i] * reconstruction[i];
                b += target[i] * target[i];
            }
            errors[row][0] = squares / n;
            errors[row][1] = 1 - dot / Math.max(Math.sqrt(a) * Math.sqrt(b), 1e-8);
        }
        return errors;
    }

    /** The reconstruction loss. */
    public static double reconstructionLoss(double[] reconstruction, double[] target, int n) {
        double sum = 0;
        double[][] errors = tokenErrors(reconstruction, target, n);
        for (double[] e : errors) {
            sum += e[0] + e[1];
        }
        return sum / errors.length;
    }
}
