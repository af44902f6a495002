package org.rlr.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;

/**
 * Elementwise loops on the Vector API. An element's result does not depend on its position in a run, so runs may be
 * split anywhere: the last few elements of arithmetic loops use the same scalar operations, those of functions use a
 * padded vector.
 */
final class VectorElementwise extends ScalarElementwise {
    private static final VectorSpecies<Float> FLOATS = VectorMath.FLOATS;
    private static final int LANES = FLOATS.length();
    private static final int BLOCK = 1024;

    // ---- functions of one argument ----

    @Override
    public void unary(UnaryOp op, float[] x, int xo, float[] y, int yo, int n) {
        switch (op) {
            case EXP, TANH, SIGMOID, SILU, GELU -> {
                int whole = n / LANES * LANES;
                function(op, x, xo, y, yo, whole);
                if (whole < n) {
                    float[] tail = Scratch.get(Scratch.FUNCTION_TAIL, 2 * LANES);
                    System.arraycopy(x, xo + whole, tail, 0, n - whole);
                    function(op, tail, 0, tail, 0, LANES);
                    System.arraycopy(tail, 0, y, yo + whole, n - whole);
                }
            }
            case NEG -> affine(x, xo, -1, -0f, y, yo, n, false);
            case SQUARE -> binary(BinaryOp.MUL, x, xo, x, xo, y, yo, n, false);
            case RECIPROCAL -> binaryLeftScalar(BinaryOp.DIV, 1, x, xo, y, yo, n, false);
            case SQRT -> sqrt(x, xo, y, yo, n);
            case RELU -> clamp(x, xo, Float.POSITIVE_INFINITY, y, yo, n);
            case RELU6 -> clamp(x, xo, 6, y, yo, n);
            case LOG -> super.unary(op, x, xo, y, yo, n);
        }
    }

    private static void function(UnaryOp op, float[] x, int xo, float[] y, int yo, int n) {
        switch (op) {
            case EXP -> VectorFunctions.exp(x, xo, y, yo, n);
            case TANH -> VectorFunctions.tanh(x, xo, y, yo, n);
            case SIGMOID -> VectorFunctions.sigmoid(x, xo, y, yo, n);
            case SILU -> VectorFunctions.silu(x, xo, y, yo, n);
            case GELU -> VectorFunctions.gelu(x, xo, y, yo, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    private static void sqrt(float[] x, int xo, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector.fromArray(FLOATS, x, xo + i).sqrt().intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = (float) Math.sqrt(x[xo + i]);
        }
    }

    private static void clamp(float[] x, int xo, float most, float[] y, int yo, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xo + i);
            v = v.blend(0f, v.compare(VectorOperators.LT, 0f));
            v.blend(most, v.compare(VectorOperators.GT, most)).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            float v = x[xo + i] < 0 ? 0 : x[xo + i];
            y[yo + i] = v > most ? most : v;
        }
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
        if (!accumulate) {
            backward(op, x, xo, y, yo, dy, dyo, dx, dxo, n);
            return;
        }
        float[] block = Scratch.get(Scratch.FUNCTION_BLOCK, BLOCK);
        for (int from = 0; from < n; from += BLOCK) {
            int size = Math.min(n - from, BLOCK);
            backward(op, x, xo + from, y, yo + from, dy, dyo + from, block, 0, size);
            binary(BinaryOp.ADD, dx, dxo + from, block, 0, dx, dxo + from, size, false);
        }
    }

    private void backward(
            UnaryOp op, float[] x, int xo, float[] y, int yo, float[] dy, int dyo, float[] dx, int dxo, int n) {
        switch (op) {
            case SILU, GELU -> {
                int whole = n / LANES * LANES;
                derivative(op, x, xo, dy, dyo, dx, dxo, whole);
                if (whole < n) {
                    float[] tail = Scratch.get(Scratch.FUNCTION_TAIL, 2 * LANES);
                    System.arraycopy(x, xo + whole, tail, 0, n - whole);
                    System.arraycopy(dy, dyo + whole, tail, LANES, n - whole);
                    derivative(op, tail, 0, tail, LANES, tail, LANES, LANES);
                    System.arraycopy(tail, LANES, dx, dxo + whole, n - whole);
                }
            }
            case NEG -> affine(dy, dyo, -1, -0f, dx, dxo, n, false);
            case EXP -> binary(BinaryOp.MUL, dy, dyo, y, yo, dx, dxo, n, false);
            case LOG -> binary(BinaryOp.DIV, dy, dyo, x, xo, dx, dxo, n, false);
            case TANH -> tanhBackward(y, yo, dy, dyo, dx, dxo, n);
            case SIGMOID -> sigmoidBackward(y, yo, dy, dyo, dx, dxo, n);
            case RELU -> clampBackward(x, xo, Float.POSITIVE_INFINITY, dy, dyo, dx, dxo, n);
            case RELU6 -> clampBackward(x, xo, 6, dy, dyo, dx, dxo, n);
            case SQUARE, SQRT, RECIPROCAL -> super.unaryBackward(op, x, xo, y, yo, dy, dyo, dx, dxo, n, false);
        }
    }

    private static void derivative(UnaryOp op, float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n) {
        if (op == UnaryOp.GELU) {
            VectorFunctions.geluBackward(x, xo, dy, dyo, dx, dxo, n);
        } else {
            VectorFunctions.siluBackward(x, xo, dy, dyo, dx, dxo, n);
        }
    }

    private static void tanhBackward(float[] y, int yo, float[] dy, int dyo, float[] dx, int dxo, int n) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, y, yo + i);
            FloatVector.fromArray(FLOATS, dy, dyo + i).mul(one.sub(v.mul(v))).intoArray(dx, dxo + i);
        }
        for (; i < n; i++) {
            dx[dxo + i] = dy[dyo + i] * (1 - y[yo + i] * y[yo + i]);
        }
    }

    private static void sigmoidBackward(float[] y, int yo, float[] dy, int dyo, float[] dx, int dxo, int n) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, y, yo + i);
            FloatVector.fromArray(FLOATS, dy, dyo + i).mul(v).mul(one.sub(v)).intoArray(dx, dxo + i);
        }
        for (; i < n; i++) {
            dx[dxo + i] = dy[dyo + i] * y[yo + i] * (1 - y[yo + i]);
        }
    }

    private static void clampBackward(float[] x, int xo, float most, float[] dy, int dyo, float[] dx, int dxo, int n) {
        FloatVector zero = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xo + i);
            VectorMask<Float> inside = v.compare(VectorOperators.GT, 0f).and(v.compare(VectorOperators.LT, most));
            zero.blend(FloatVector.fromArray(FLOATS, dy, dyo + i), inside).intoArray(dx, dxo + i);
        }
        for (; i < n; i++) {
            dx[dxo + i] = x[xo + i] > 0 && x[xo + i] < most ? dy[dyo + i] : 0;
        }
    }

    // ---- functions of two arguments ----

    @Override
    public void binary(
            BinaryOp op, float[] a, int ao, float[] b, int bo, float[] out, int oo, int n, boolean accumulate) {
        if (accumulate) {
            multiplyAddOrBlocks(op, a, ao, b, bo, out, oo, n);
            return;
        }
        int i = 0;
        switch (op) {
            case ADD -> {
                for (; i <= n - LANES; i += LANES) {
                    FloatVector.fromArray(FLOATS, a, ao + i)
                            .add(FloatVector.fromArray(FLOATS, b, bo + i))
                            .intoArray(out, oo + i);
                }
            }
            case SUB -> {
                for (; i <= n - LANES; i += LANES) {
                    FloatVector.fromArray(FLOATS, a, ao + i)
                            .sub(FloatVector.fromArray(FLOATS, b, bo + i))
                            .intoArray(out, oo + i);
                }
            }
            case MUL -> {
                for (; i <= n - LANES; i += LANES) {
                    FloatVector.fromArray(FLOATS, a, ao + i)
                            .mul(FloatVector.fromArray(FLOATS, b, bo + i))
                            .intoArray(out, oo + i);
                }
            }
            case DIV -> {
                for (; i <= n - LANES; i += LANES) {
                    FloatVector.fromArray(FLOATS, a, ao + i)
                            .div(FloatVector.fromArray(FLOATS, b, bo + i))
                            .intoArray(out, oo + i);
                }
            }
        }
        super.binary(op, a, ao + i, b, bo + i, out, oo + i, n - i, false);
    }

    private void multiplyAddOrBlocks(BinaryOp op, float[] a, int ao, float[] b, int bo, float[] out, int oo, int n) {
        if (op == BinaryOp.MUL) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                FloatVector product =
                        FloatVector.fromArray(FLOATS, a, ao + i).mul(FloatVector.fromArray(FLOATS, b, bo + i));
                FloatVector.fromArray(FLOATS, out, oo + i).add(product).intoArray(out, oo + i);
            }
            super.binary(op, a, ao + i, b, bo + i, out, oo + i, n - i, true);
            return;
        }
        float[] block = Scratch.get(Scratch.FUNCTION_BLOCK, BLOCK);
        for (int from = 0; from < n; from += BLOCK) {
            int size = Math.min(n - from, BLOCK);
            binary(op, a, ao + from, b, bo + from, block, 0, size, false);
            binary(BinaryOp.ADD, out, oo + from, block, 0, out, oo + from, size, false);
        }
    }

    @Override
    public void binaryRightScalar(
            BinaryOp op, float[] a, int ao, float b, float[] out, int oo, int n, boolean accumulate) {
        switch (op) {
            case ADD -> affine(a, ao, 1, b, out, oo, n, accumulate);
            case SUB -> affine(a, ao, 1, -b, out, oo, n, accumulate);
            case MUL -> affine(a, ao, b, -0f, out, oo, n, accumulate);
            case DIV -> {
                int i = 0;
                if (!accumulate) {
                    for (; i <= n - LANES; i += LANES) {
                        FloatVector.fromArray(FLOATS, a, ao + i).div(b).intoArray(out, oo + i);
                    }
                }
                super.binaryRightScalar(op, a, ao + i, b, out, oo + i, n - i, accumulate);
            }
        }
    }

    @Override
    public void binaryLeftScalar(
            BinaryOp op, float a, float[] b, int bo, float[] out, int oo, int n, boolean accumulate) {
        switch (op) {
            case ADD -> affine(b, bo, 1, a, out, oo, n, accumulate);
            case SUB -> affine(b, bo, -1, a, out, oo, n, accumulate);
            case MUL -> affine(b, bo, a, -0f, out, oo, n, accumulate);
            case DIV -> {
                int i = 0;
                if (!accumulate) {
                    FloatVector above = FloatVector.broadcast(FLOATS, a);
                    for (; i <= n - LANES; i += LANES) {
                        above.div(FloatVector.fromArray(FLOATS, b, bo + i)).intoArray(out, oo + i);
                    }
                }
                super.binaryLeftScalar(op, a, b, bo + i, out, oo + i, n - i, accumulate);
            }
        }
    }

    @Override
    public void affine(float[] x, int xo, float scale, float shift, float[] y, int yo, int n, boolean accumulate) {
        int i = 0;
        if (accumulate) {
            for (; i <= n - LANES; i += LANES) {
                FloatVector.fromArray(FLOATS, y, yo + i)
                        .add(FloatVector.fromArray(FLOATS, x, xo + i).mul(scale).add(shift))
                        .intoArray(y, yo + i);
            }
        } else {
            for (; i <= n - LANES; i += LANES) {
                FloatVector.fromArray(FLOATS, x, xo + i).mul(scale).add(shift).intoArray(y, yo + i);
            }
        }
        super.affine(x, xo + i, scale, shift, y, yo + i, n - i, accumulate);
    }

    @Override
    public void adam(float[] p, int po, float[] g, int go, float[] m, int mo, float[] v, int vo, int n, AdamStep step) {
        FloatVector epsilon = FloatVector.broadcast(FLOATS, step.epsilon());
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector gradient = FloatVector.fromArray(FLOATS, g, go + i);
            FloatVector first = FloatVector.fromArray(FLOATS, m, mo + i);
            first = first.add(gradient.sub(first).mul(step.oneMinusBeta1()));
            FloatVector second = FloatVector.fromArray(FLOATS, v, vo + i)
                    .mul(step.beta2())
                    .add(gradient.mul(step.oneMinusBeta2()).mul(gradient));
            first.intoArray(m, mo + i);
            second.intoArray(v, vo + i);
            FloatVector root = second.sqrt().div(step.rootCorrection()).add(epsilon);
            FloatVector.fromArray(FLOATS, p, po + i)
                    .sub(first.mul(step.size()).div(root))
                    .intoArray(p, po + i);
        }
        super.adam(p, po + i, g, go + i, m, mo + i, v, vo + i, n - i, step);
    }
}
