package org.rlr.tensor.cpu;

import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;

/** Elementwise loops in plain Java; functions are computed in double and rounded once. */
class ScalarElementwise implements ElementwiseKernels {

    @Override
    public void unary(UnaryOp op, float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) {
            y[yo + i] = apply(op, x[xo + i]);
        }
    }

    private static float apply(UnaryOp op, float x) {
        return switch (op) {
            case NEG -> -x;
            case EXP -> (float) Math.exp(x);
            case LOG -> (float) Math.log(x);
            case SQRT -> (float) Math.sqrt(x);
            case SQUARE -> x * x;
            case RECIPROCAL -> 1 / x;
            case TANH -> (float) Math.tanh(x);
            case SIGMOID -> (float) sigmoid(x);
            case RELU -> Math.max(x, 0);
            case RELU6 -> Math.min(Math.max(x, 0), 6);
            case SILU -> (float) (x * sigmoid(x));
            case GELU -> (float) (x * NormalTail.cdf(x, Math.exp(-0.5 * x * x)));
        };
    }

    @Override
    public void unaryBackward(
            UnaryOp op,
            float[] x,
            int xo,
            float[] y,
            int yo,
            float[] dy,
            int dyo,
            float[] dx,
            int dxo,
            int n,
            boolean accumulate) {
        for (int i = 0; i < n; i++) {
            float d = backward(op, x[xo + i], y[yo + i], dy[dyo + i]);
            dx[dxo + i] = accumulate ? dx[dxo + i] + d : d;
        }
    }

    private static float backward(UnaryOp op, float x, float y, float dy) {
        return switch (op) {
            case NEG -> -dy;
            case EXP -> dy * y;
            case LOG -> dy / x;
            case SQRT -> dy * 0.5f / y;
            case SQUARE -> dy * 2 * x;
            case RECIPROCAL -> -dy * y * y;
            case TANH -> dy * (1 - y * y);
            case SIGMOID -> dy * y * (1 - y);
            case RELU -> x > 0 ? dy : 0;
            case RELU6 -> x > 0 && x < 6 ? dy : 0;
            case SILU -> {
                double s = sigmoid(x);
                yield (float) (dy * (s * (1 + x * (1 - s))));
            }
            case GELU -> {
                double gauss = Math.exp(-0.5 * x * x);
                yield (float) (dy * (NormalTail.cdf(x, gauss) + x * gauss * NormalTail.INV_ROOT_TWO_PI));
            }
        };
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    @Override
    public void binary(
            BinaryOp op, float[] a, int ao, float[] b, int bo, float[] out, int oo, int n, boolean accumulate) {
        for (int i = 0; i < n; i++) {
            float r = apply(op, a[ao + i], b[bo + i]);
            out[oo + i] = accumulate ? out[oo + i] + r : r;
        }
    }

    @Override
    public void binaryRightScalar(
            BinaryOp op, float[] a, int ao, float b, float[] out, int oo, int n, boolean accumulate) {
        for (int i = 0; i < n; i++) {
            float r = apply(op, a[ao + i], b);
            out[oo + i] = accumulate ? out[oo + i] + r : r;
        }
    }

    @Override
    public void binaryLeftScalar(
            BinaryOp op, float a, float[] b, int bo, float[] out, int oo, int n, boolean accumulate) {
        for (int i = 0; i < n; i++) {
            float r = apply(op, a, b[bo + i]);
            out[oo + i] = accumulate ? out[oo + i] + r : r;
        }
    }

    static float apply(BinaryOp op, float a, float b) {
        return switch (op) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
        };
    }

    @Override
    public void affine(float[] x, int xo, float scale, float shift, float[] y, int yo, int n, boolean accumulate) {
        for (int i = 0; i < n; i++) {
            float r = scale * x[xo + i] + shift;
            y[yo + i] = accumulate ? y[yo + i] + r : r;
        }
    }

    @Override
    public void adam(float[] p, int po, float[] g, int go, float[] m, int mo, float[] v, int vo, int n, AdamStep step) {
        for (int i = 0; i < n; i++) {
            float gradient = g[go + i];
            float first = m[mo + i] + step.oneMinusBeta1() * (gradient - m[mo + i]);
            float second = v[vo + i] * step.beta2() + step.oneMinusBeta2() * gradient * gradient;
            m[mo + i] = first;
            v[vo + i] = second;
            p[po + i] -= step.size() * first / ((float) Math.sqrt(second) / step.rootCorrection() + step.epsilon());
        }
    }
}
