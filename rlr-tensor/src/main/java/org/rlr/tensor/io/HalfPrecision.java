package org.rlr.tensor.io;

/**
 * Conversion between binary32 and the two 16-bit formats, IEEE binary16 and bfloat16. Widening is exact; narrowing
 * rounds to nearest, ties to even, overflows to infinity, keeps subnormals, and keeps a NaN a NaN (quiet, with the
 * upper bits of its payload).
 */
public final class HalfPrecision {
    private HalfPrecision() {}

    /**
     * Converts a binary16 to a float, exactly.
     *
     * @param half bits of a binary16
     * @return the same number
     */
    public static float f16ToFloat(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = (half >>> 10) & 0x1F;
        int fraction = half & 0x3FF;
        if (exponent == 0) {
            // zero or subnormal: fraction · 2^-24, exact in binary32
            float magnitude = fraction * 0x1p-24f;
            return Float.intBitsToFloat(sign | Float.floatToRawIntBits(magnitude));
        }
        if (exponent == 0x1F) {
            return Float.intBitsToFloat(sign | 0x7F80_0000 | (fraction << 13));
        }
        return Float.intBitsToFloat(sign | ((exponent + (127 - 15)) << 23) | (fraction << 13));
    }

    /**
     * Rounds a float to the nearest binary16.
     *
     * @param value any float
     * @return bits of a binary16
     */
    public static short floatToF16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = (bits >>> 16) & 0x8000;
        int magnitude = bits & 0x7FFF_FFFF;
        if (magnitude > 0x7F80_0000) {
            return (short) (sign | 0x7E00 | ((magnitude >>> 13) & 0x3FF));
        }
        if (magnitude >= 0x4780_0000) { // 2^16 and above, infinity included
            return (short) (sign | 0x7C00);
        }
        if (magnitude >= 0x3880_0000) { // 2^-14 and above: normal; a carry may correctly reach infinity
            int rebased = magnitude - ((127 - 15) << 23);
            return (short) (sign | roundShift(rebased, 13));
        }
        if (magnitude < 0x3300_0000) { // below 2^-25, half of the smallest subnormal
            return (short) sign;
        }
        int significand = (magnitude & 0x7F_FFFF) | 0x80_0000;
        int shift = 126 - (magnitude >>> 23); // significand · 2^(e-150) in units of 2^-24
        return (short) (sign | roundShift(significand, shift));
    }

    /**
     * Converts a bfloat16 to a float, exactly.
     *
     * @param bfloat bits of a bfloat16
     * @return the same number
     */
    public static float bf16ToFloat(short bfloat) {
        return Float.intBitsToFloat(bfloat << 16);
    }

    /**
     * Rounds a float to the nearest bfloat16.
     *
     * @param value any float
     * @return bits of a bfloat16
     */
    public static short floatToBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        int sign = (bits >>> 16) & 0x8000;
        return (short) (sign | roundShift(bits & 0x7FFF_FFFF, 16));
    }

    /** {@code value >>> shift}, rounded to nearest, ties to even; 0 &lt; shift &lt; 31, value not negative. */
    private static int roundShift(int value, int shift) {
        int quotient = value >>> shift;
        int rest = value & ((1 << shift) - 1);
        int half = 1 << (shift - 1);
        return rest > half || (rest == half && (quotient & 1) == 1) ? quotient + 1 : quotient;
    }
}
