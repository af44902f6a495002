package org.rlr.tensor.cpu;

import static org.rlr.tensor.cpu.ExpConstants.LOG2_E;
import static org.rlr.tensor.cpu.ExpConstants.MINUS_LN2;
import static org.rlr.tensor.cpu.ExpConstants.P0;
import static org.rlr.tensor.cpu.ExpConstants.P1;
import static org.rlr.tensor.cpu.ExpConstants.P2;
import static org.rlr.tensor.cpu.ExpConstants.P3;
import static org.rlr.tensor.cpu.ExpConstants.P4;
import static org.rlr.tensor.cpu.ExpConstants.ROUND;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Functions based on exponentials, and their derivatives, over whole vectors: {@code n} is a multiple of the lanes.
 * Each loop is separate and calls little, so that C2 inlines everything and boxes no vector.
 */
final class VectorFunctions {
    private static final VectorSpecies<Float> FLOATS = VectorMath.FLOATS;
    static final int LANES = FLOATS.length();
    /** Below it, tanh is an odd polynomial; above it, the exponential is accurate. */
    private static final float TANH_SMALL = 0.625f;
    /** Beyond it, the tail of the normal distribution underflows a float. */
    private static final float TAIL_END = 14;
    /** Elements whose intermediate results fit the first-level cache. */
    private static final int BLOCK = 1024;

    private VectorFunctions() {}

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
        FloatVector one = FloatVector.broadcast(FLOATS, 1);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xo + i);
            FloatVector s = sigmoid(v);
            FloatVector slope = s.mul(one.sub(s).fma(v, one));
            slope.mul(FloatVector.fromArray(FLOATS, dy, dyo + i)).intoArray(dx, dxo + i);
        }
    }

    private static FloatVector sigmoid(FloatVector x) {
        return FloatVector.broadcast(FLOATS, 1).div(VectorMath.expAll(x.neg()).add(1f));
    }

    static void tanh(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xo + i);
            FloatVector t = v.lanewise(VectorOperators.ABS);
            FloatVector e = VectorMath.exp(VectorMath.atLeast(t.mul(-2f), -87f));
            FloatVector large = FloatVector.broadcast(FLOATS, 1).sub(e).div(e.add(1f));
            large = large.blend(large.neg(), v.compare(VectorOperators.LT, 0f));
            // minimax polynomial of (tanh(x)/x − 1)/x² in x²
            FloatVector s = v.mul(v);
            FloatVector p = s.fma(
                    FloatVector.broadcast(FLOATS, -0.0057170365603411944f),
                    FloatVector.broadcast(FLOATS, 0.020650579002880576f));
            p = p.fma(s, FloatVector.broadcast(FLOATS, -0.05374349526114124f));
            p = p.fma(s, FloatVector.broadcast(FLOATS, 0.13331491248512115f));
            p = p.fma(s, FloatVector.broadcast(FLOATS, -0.3333328392359066f));
            FloatVector small = p.mul(s).fma(v, v);
            large.blend(small, t.compare(VectorOperators.LT, TANH_SMALL)).intoArray(y, yo + i);
        }
    }

    /** {@code x·Φ(x)}. */
    static void gelu(float[] x, int xo, float[] y, int yo, int n) {
        float[] normal = Scratch.get(Scratch.NORMAL, 2 * BLOCK);
        for (int from = 0; from < n; from += BLOCK) {
            int size = Math.min(BLOCK, n - from);
            normal(x, xo + from, normal, size);
            for (int i = 0; i < size; i += LANES) {
                FloatVector.fromArray(FLOATS, x, xo + from + i)
                        .mul(FloatVector.fromArray(FLOATS, normal, i))
                        .intoArray(y, yo + from + i);
            }
        }
    }

    /** {@code dy·(Φ(x) + x·φ(x))}. */
    static void geluBackward(float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n) {
        float[] normal = Scratch.get(Scratch.NORMAL, 2 * BLOCK);
        for (int from = 0; from < n; from += BLOCK) {
            int size = Math.min(BLOCK, n - from);
            normal(x, xo + from, normal, size);
            for (int i = 0; i < size; i += LANES) {
                FloatVector slope = FloatVector.fromArray(FLOATS, x, xo + from + i)
                        .mul(FloatVector.fromArray(FLOATS, normal, BLOCK + i))
                        .fma(
                                FloatVector.broadcast(FLOATS, NormalTail.INV_ROOT_TWO_PI),
                                FloatVector.fromArray(FLOATS, normal, i));
                slope.mul(FloatVector.fromArray(FLOATS, dy, dyo + from + i)).intoArray(dx, dxo + from + i);
            }
        }
    }

    /**
     * Writes Φ(x) to the first half of {@code out} and {@code exp(−x²/2)} to the second; see {@link NormalTail} and
     * {@link VectorMath#exp}. Inlined by hand, so that it is too long to be inlined itself: C2 may stop inlining
     * halfway in a large method and box the vectors at that boundary.
     */
    private static void normal(float[] x, int xo, float[] out, int n) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1);
        FloatVector end = FloatVector.broadcast(FLOATS, TAIL_END);
        FloatVector k = FloatVector.broadcast(FLOATS, NormalTail.K);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xo + i);
            FloatVector least = FloatVector.broadcast(FLOATS, -88f);
            FloatVector e = v.mul(v).mul(FloatVector.broadcast(FLOATS, -0.5f));
            e = e.blend(least, e.compare(VectorOperators.LT, least));
            FloatVector t = e.fma(FloatVector.broadcast(FLOATS, LOG2_E), FloatVector.broadcast(FLOATS, ROUND));
            FloatVector r =
                    t.sub(FloatVector.broadcast(FLOATS, ROUND)).fma(FloatVector.broadcast(FLOATS, MINUS_LN2), e);
            FloatVector g = r.fma(FloatVector.broadcast(FLOATS, P4), FloatVector.broadcast(FLOATS, P3));
            g = g.fma(r, FloatVector.broadcast(FLOATS, P2));
            g = g.fma(r, FloatVector.broadcast(FLOATS, P1));
            g = g.fma(r, FloatVector.broadcast(FLOATS, P0));
            g = g.fma(r, one);
            g = g.fma(r, one);
            g = g.mul(t.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
            FloatVector a = v.lanewise(VectorOperators.ABS);
            a = a.blend(end, a.compare(VectorOperators.GT, end));
            FloatVector d = one.div(a.add(k));
            FloatVector q = a.sub(k).mul(d);
            FloatVector p =
                    q.fma(FloatVector.broadcast(FLOATS, NormalTail.C9), FloatVector.broadcast(FLOATS, NormalTail.C8));
            p = p.fma(q, FloatVector.broadcast(FLOATS, NormalTail.C7));
            p = p.fma(q, FloatVector.broadcast(FLOATS, NormalTail.C6));
            p = p.fma(q, FloatVector.broadcast(FLOATS, NormalTail.C5));
            p = p.fma(q, FloatVector.broadcast(FLOATS, NormalTail.C4));
            p = p.fma(q, FloatVector.broadcast(FLOATS, NormalTail.C3));
            p = p.fma(q, FloatVector.broadcast(FLOATS, NormalTail.C2));
            p = p.fma(q, FloatVector.broadcast(FLOATS, NormalTail.C1));
            p = p.fma(q, FloatVector.broadcast(FLOATS, NormalTail.C0));
            FloatVector tail = g.mul(p).mul(d);
            tail.blend(one.sub(tail), v.compare(VectorOperators.GT, FloatVector.broadcast(FLOATS, 0f)))
                    .intoArray(out, i);
            g.intoArray(out, BLOCK + i);
        }
    }
}
