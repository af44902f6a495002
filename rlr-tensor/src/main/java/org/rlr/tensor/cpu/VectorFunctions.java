package org.rlr.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Functions made of exponentials, and their derivatives, over whole vectors: {@code n} is a multiple of the lanes. Every loop stands by itself and calls only
 * small methods, so that C2 inlines them and boxes no vector.
 */
final class VectorFunctions {
    private static final VectorSpecies<Float> FLOATS = VectorMath.FLOATS;
    static final int LANES = FLOATS.length();
    /** Below it tanh is an odd polynomial; above, the exponential loses nothing. */
    private static final float TANH_SMALL = 0.625f;
    /** Beyond it the tail of the normal distribution is no float. */
    private static final float TAIL_END = 14;

    private VectorFunctions() {
    }

    private static FloatVector constant(float value) {
        return FloatVector.broadcast(FLOATS, value);
    }

    static void exp(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMath.expAll(FloatVector.fromArray(FLOATS, x, xo + i)).intoArray(y, yo + i);
        }
    }

    static void sigmoid(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += LANES) {
            sigmoid(FloatVector.fromArray(FLOATS, x, xo + i)).intoArray(y, yo + i);
        }
    }

    static void silu(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xo + i);
            v.mul(sigmoid(v)).intoArray(y, yo + i);
        }
    }

    /** {@code dy·(s·(1 + x·(1 − s)))}. */
    static void siluBackward(float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n) {
        FloatVector one = constant(1);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xo + i);
            FloatVector s = sigmoid(v);
            FloatVector slope = s.mul(one.sub(s).fma(v, one));
            slope.mul(FloatVector.fromArray(FLOATS, dy, dyo + i)).intoArray(dx, dxo + i);
        }
    }

    private static FloatVector sigmoid(FloatVector x) {
        return constant(1).div(VectorMath.expAll(x.neg()).add(1f));
    }

    static void tanh(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xo + i);
            FloatVector t = v.lanewise(VectorOperators.ABS);
            FloatVector e = VectorMath.exp(VectorMath.atLeast(t.mul(-2f), -87f));
            FloatVector large = constant(1).sub(e).div(e.add(1f));
            large = large.blend(large.neg(), v.compare(VectorOperators.LT, 0f));
            // minimax polynomial of (tanh(x)/x − 1)/x² in x²
            FloatVector s = v.mul(v);
            FloatVector p = s.fma(constant(-0.0057170365603411944f), constant(0.020650579002880576f));
            p = p.fma(s, constant(-0.05374349526114124f));
            p = p.fma(s, constant(0.13331491248512115f));
            p = p.fma(s, constant(-0.3333328392359066f));
            FloatVector small = p.mul(s).fma(v, v);
            large.blend(small, t.compare(VectorOperators.LT, TANH_SMALL)).intoArray(y, yo + i);
        }
    }

    /** {@code x·Φ(x)}. */
    static void gelu(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xo + i);
            v.mul(normalCdf(v, gauss(v))).intoArray(y, yo + i);
        }
    }

    /** {@code dy·(Φ(x) + x·φ(x))}. */
    static void geluBackward(float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xo + i);
            FloatVector g = gauss(v);
            FloatVector slope = v.mul(g).fma(constant(NormalTail.INV_ROOT_TWO_PI), normalCdf(v, g));
            slope.mul(FloatVector.fromArray(FLOATS, dy, dyo + i)).intoArray(dx, dxo + i);
        }
    }

    /** {@code exp(−x²/2)}. */
    private static FloatVector gauss(FloatVector x) {
        return VectorMath.exp(VectorMath.atLeast(x.mul(x).mul(-0.5f), -88f));
    }

    /** Φ(x); see {@link NormalTail}. */
    private static FloatVector normalCdf(FloatVector x, FloatVector gauss) {
        FloatVector t = x.lanewise(VectorOperators.ABS);
        t = t.blend(TAIL_END, t.compare(VectorOperators.GT, TAIL_END));
        FloatVector r = constant(1).div(t.add(NormalTail.K));
        FloatVector q = t.sub(NormalTail.K).mul(r);
        FloatVector p = q.fma(constant(NormalTail.C9), constant(NormalTail.C8));
        p = p.fma(q, constant(NormalTail.C7));
        p = p.fma(q, constant(NormalTail.C6));
        p = p.fma(q, constant(NormalTail.C5));
        p = p.fma(q, constant(NormalTail.C4));
        p = p.fma(q, constant(NormalTail.C3));
        p = p.fma(q, constant(NormalTail.C2));
        p = p.fma(q, constant(NormalTail.C1));
        p = p.fma(q, constant(NormalTail.C0));
        FloatVector tail = gauss.mul(p).mul(r);
        VectorMask<Float> positive = x.compare(VectorOperators.GT, 0f);
        return tail.blend(constant(1).sub(tail), positive);
    }
}
