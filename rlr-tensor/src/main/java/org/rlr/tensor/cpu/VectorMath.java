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
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Elementary functions on vectors of floats. Only for short loops: in a long method C2 may stop inlining and box their
 * results.
 */
final class VectorMath {
    /** The system property that sets the vector size in bits, for tests; the machine need not support it. */
    static final String BITS_PROPERTY = "rlr.test.vectorBits";

    /** The machine's widest vector, up to 512 bits. */
    static final VectorSpecies<Float> FLOATS = VectorSpecies.of(
            float.class,
            VectorShape.forBitSize(
                    Integer.getInteger(BITS_PROPERTY, Math.min(512, FloatVector.SPECIES_PREFERRED.vectorBitSize()))));

    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());

    private static final VectorShuffle<Float> ROTATE_8 = rotation(8);
    private static final VectorShuffle<Float> ROTATE_4 = rotation(4);
    private static final VectorShuffle<Float> ROTATE_2 = rotation(2);
    private static final VectorShuffle<Float> ROTATE_1 = rotation(1);

    private VectorMath() {}

    /**
     * {@code eˣ} for −88 ≤ x ≤ 88, to two units in the last place where |x| ≤ 20 and to 3·10⁻⁹·|x| more beyond; 0 where
     * it would be subnormal. NaN gives NaN. {@code x = n·ln 2 + r}, {@code eʳ = 1 + r + r²·P(r)} with a minimax
     * polynomial P, times 2ⁿ.
     */
    static FloatVector exp(FloatVector x) {
        FloatVector t = x.fma(FloatVector.broadcast(FLOATS, LOG2_E), FloatVector.broadcast(FLOATS, ROUND));
        FloatVector r = t.sub(ROUND).fma(FloatVector.broadcast(FLOATS, MINUS_LN2), x);
        return expSmall(r)
                .mul(t.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
    }

    private static VectorShuffle<Float> rotation(int by) {
        return VectorShuffle.fromOp(FLOATS, i -> (i + by) % FLOATS.length());
    }

    /** {@code eʳ} for |r| ≤ ½·ln 2. */
    private static FloatVector expSmall(FloatVector r) {
        FloatVector y = r.fma(FloatVector.broadcast(FLOATS, P4), FloatVector.broadcast(FLOATS, P3));
        y = y.fma(r, FloatVector.broadcast(FLOATS, P2));
        y = y.fma(r, FloatVector.broadcast(FLOATS, P1));
        y = y.fma(r, FloatVector.broadcast(FLOATS, P0));
        y = y.fma(r, FloatVector.broadcast(FLOATS, 1f));
        y = y.fma(r, FloatVector.broadcast(FLOATS, 1f));
        return y;
    }

    /** {@code max(x, bound)}, NaN if x is NaN; two instructions instead of six for the exact maximum. */
    static FloatVector atLeast(FloatVector x, float bound) {
        FloatVector b = FloatVector.broadcast(FLOATS, bound);
        return x.blend(b, x.compare(VectorOperators.LT, b));
    }

    /** {@code eˣ} for every x: infinite beyond the largest float, 0 below the smallest normal one, NaN for NaN. */
    static FloatVector expAll(FloatVector x) {
        FloatVector high = FloatVector.broadcast(FLOATS, 89f);
        FloatVector bounded = atLeast(x, -87.3f);
        bounded = bounded.blend(high, bounded.compare(VectorOperators.GT, high));
        // by 2ⁿ⁻¹ and 2, because 2ⁿ may overflow although the result does not
        FloatVector t = bounded.fma(FloatVector.broadcast(FLOATS, LOG2_E), FloatVector.broadcast(FLOATS, ROUND));
        FloatVector r = t.sub(ROUND).fma(FloatVector.broadcast(FLOATS, MINUS_LN2), bounded);
        FloatVector power =
                t.sub(1f).reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
        return expSmall(r).mul(power).mul(2f);
    }

    /**
     * The sum of the lanes by halves, in a fixed order; {@code reduceLanes} does not define the order and so the exact
     * result.
     */
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
