package org.rlr.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Runs a mix of all kinds of vector operations before a kernel uses many of one kind. The Vector API's operations share
 * a few methods, which C2 may compile for the first frequent kind; every other kind then deoptimises that code. HotSpot
 * adds up these traps over all operations inlined into a method. From a hundred on (PerMethodTrapLimit) it no longer
 * trusts the type profiles there: a kernel of twenty operations compiled later boxes every vector. This depended on
 * timing: two of three processes lost 10 to 25 % of their speed on JDK 17.
 */
final class VectorProfiles {
    private static final int ROUNDS = 600;
    private static final VectorSpecies<Float> FLOATS = VectorMath.FLOATS;
    private static final VectorSpecies<Integer> INTS = VectorMath.INTS;

    private VectorProfiles() {}

    /**
     * Runs some hundred rounds of every operation: less than a tenth of a second, once per process. Returns its result,
     * so that the compiler cannot remove the work.
     */
    static float mix() {
        float[] values = new float[3 * FLOATS.length()];
        int[] bits = new int[FLOATS.length()];
        java.util.Arrays.fill(values, 0.5f);
        VectorShuffle<Float> turn = VectorShuffle.iota(FLOATS, 1, 1, true);
        for (int i = 0; i < ROUNDS; i++) {
            arithmetic(values);
            bits(values, bits, turn);
        }
        return values[0];
    }

    private static void arithmetic(float[] values) {
        FloatVector a = FloatVector.fromArray(FLOATS, values, 0);
        FloatVector b = FloatVector.broadcast(FLOATS, values[FLOATS.length()]);
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector c = a.add(b).mul(b).sub(a).fma(b, a).max(zero).min(b);
        c = c.div(b.add(1f))
                .neg()
                .lanewise(VectorOperators.ABS)
                .sqrt()
                .mul(0.5f)
                .sub(0.25f);
        c.intoArray(values, FLOATS.length());
        c.fma(a, b).intoArray(values, 2 * FLOATS.length());
    }

    private static void bits(float[] values, int[] bits, VectorShuffle<Float> turn) {
        FloatVector a = FloatVector.fromArray(FLOATS, values, FLOATS.length());
        VectorMask<Float> small = a.compare(VectorOperators.LT, 0f);
        FloatVector b = a.blend(FloatVector.broadcast(FLOATS, 1f), small)
                .blend(0f, a.compare(VectorOperators.GT, a))
                .blend(a, a.compare(VectorOperators.EQ, 0f));
        IntVector n = b.reinterpretAsInts().lanewise(VectorOperators.LSHL, 1).and(IntVector.fromArray(INTS, bits, 0));
        n.reinterpretAsFloats().add(b.rearrange(turn)).intoArray(values, 0);
    }
}
