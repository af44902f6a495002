package org.rlr.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Elementary functions on vectors of floats. Methods are small, so that they are always inlined and no vector is boxed. */
final class VectorMath {
    /** The machine's widest, up to 512 bits. */
    static final VectorSpecies<Float> FLOATS =
            FloatVector.SPECIES_PREFERRED.length() > 16 ? FloatVector.SPECIES_512 : FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());

    /**
     * Adding it to a float of magnitude below 2²² rounds that to an integer n, and the lowest bits of the sum are n + 127: shifted
     * to where a float has its exponent they are 2ⁿ.
     */
    static final float ROUND = 0x1.8p23f + 127;
    static final float LOG2_E = (float) (1 / Math.log(2));
    static final float MINUS_LN2 = (float) -Math.log(2);

    /** Coefficients of P and 1/2, from the highest. */
    static final float E6 = 0.001381459878757596f;
    static final float E5 = 0.0083687175065279f;
    static final float E4 = 0.04166838899254799f;
    static final float E3 = 0.1666652113199234f;
    static final float E2 = 0.4999999403953552f;

    private static final VectorShuffle<Float> ROTATE_8 = rotation(8);
    private static final VectorShuffle<Float> ROTATE_4 = rotation(4);
    private static final VectorShuffle<Float> ROTATE_2 = rotation(2);
    private static final VectorShuffle<Float> ROTATE_1 = rotation(1);

    private VectorMath() {
    }

    /**
     * {@code eˣ} for −88 ≤ x ≤ 88, to two units in the last place where |x| ≤ 20 and to 3·10⁻⁹·|x| more beyond; 0 where it would be
     * subnormal. NaN gives NaN. {@code x = n·ln 2 + r}, {@code eʳ = 1 + r + r²·P(r)} with a minimax polynomial P, times 2ⁿ.
     */
    static FloatVector exp(FloatVector x) {
        FloatVector t = x.fma(FloatVector.broadcast(FLOATS, LOG2_E), FloatVector.broadcast(FLOATS, ROUND));
        FloatVector r = t.sub(ROUND).fma(FloatVector.broadcast(FLOATS, MINUS_LN2), x);
        return expSmall(r).mul(t.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
    }

    private static VectorShuffle<Float> rotation(int by) {
        return VectorShuffle.fromOp(FLOATS, i -> (i + by) % FLOATS.length());
    }

    /** {@code eʳ} for |r| ≤ ½·ln 2. */
    private static FloatVector expSmall(FloatVector r) {
        FloatVector y = r.fma(FloatVector.broadcast(FLOATS, E6), FloatVector.broadcast(FLOATS, E5));
        y = y.fma(r, FloatVector.broadcast(FLOATS, E4));
        y = y.fma(r, FloatVector.broadcast(FLOATS, E3));
        y = y.fma(r, FloatVector.broadcast(FLOATS, E2));
        y = y.fma(r, FloatVector.broadcast(FLOATS, 1f));
        y = y.fma(r, FloatVector.broadcast(FLOATS, 1f));
        return y;
    }

    /** {@code max(x, bound)}, NaN where x is: two instructions, where the exact maximum takes six. */
    static FloatVector atLeast(FloatVector x, float bound) {
        FloatVector b = FloatVector.broadcast(FLOATS, bound);
        return x.blend(b, x.compare(VectorOperators.LT, b));
    }

    /** {@code eˣ} for every x: infinite beyond the largest float, 0 below the smallest normal one, NaN for NaN. */
    static FloatVector expAll(FloatVector x) {
        FloatVector high = FloatVector.broadcast(FLOATS, 89f);
        FloatVector bounded = atLeast(x, -87.3f);
        bounded = bounded.blend(high, bounded.compare(VectorOperators.GT, high));
        // by 2ⁿ⁻¹ and 2, since 2ⁿ may be no float where the result is one
        FloatVector t = bounded.fma(FloatVector.broadcast(FLOATS, LOG2_E), FloatVector.broadcast(FLOATS, ROUND));
        FloatVector r = t.sub(ROUND).fma(FloatVector.broadcast(FLOATS, MINUS_LN2), bounded);
        FloatVector power = t.sub(1f).reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
        return expSmall(r).mul(power).mul(2f);
    }

    /** The sum of the lanes by halves, always in the same order; {@code reduceLanes} leaves the order open, and with it the result. */
    static float sum(FloatVector v) {
        FloatVector s = v;
        if (FLOATS.length() >= 16) {
            s = s.add(s.rearrange(ROTATE_8));
        }
        if (FLOATS.length() >= 8) {
            s = s.add(s.rearrange(ROTATE_4));
        }
        s = s.add(s.rearrange(ROTATE_2));
        return s.add(s.rearrange(ROTATE_1)).lane(0);
    }
}
