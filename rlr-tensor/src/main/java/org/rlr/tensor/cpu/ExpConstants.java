package org.rlr.tensor.cpu;

/**
 * Constants of the exponential, which kernels inline by hand: {@code x = n·ln 2 + r} with {@code |r| ≤ ½ ln 2},
 * {@code eʳ = 1 + r + r²·P(r)} with a minimax polynomial {@code P = P0 + P1·r + … + P4·r⁴}, times 2ⁿ; accurate to two
 * units in the last place.
 */
final class ExpConstants {
    /** 1/ln 2. */
    static final float LOG2_E = (float) (1 / Math.log(2));
    /** −ln 2. */
    static final float MINUS_LN2 = (float) -Math.log(2);

    /**
     * Adding it to a float of magnitude below 2²² rounds the float to an integer n. The lowest bits of the sum are n +
     * 127; shifted to the exponent field of a float they are 2ⁿ, or 0 for n = −127.
     */
    static final float ROUND = 0x1.8p23f + 127;

    static final float P0 = 0.4999999403953552f;
    static final float P1 = 0.1666652113199234f;
    static final float P2 = 0.04166838899254799f;
    static final float P3 = 0.0083687175065279f;
    static final float P4 = 0.001381459878757596f;

    private ExpConstants() {}
}
