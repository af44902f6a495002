package org.rlr.bench;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.rlr.bench.TorchPeer.Operand;

/** Operands with uniformly distributed values, the same in every run. */
final class Operands {
    private Operands() {}

    /** Values with mean 0 and variance 1. */
    static Operand random(long seed, int... extents) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[Arrays.stream(extents).reduce(1, Math::multiplyExact)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (Math.sqrt(12) * (random.nextDouble() - 0.5));
        }
        return new Operand(values, extents);
    }
}
