package org.rlr.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HalfPrecisionTest {
    /** The value by definition of binary16, in double. */
    private static double f16ByDefinition(int bits) {
        double sign = (bits & 0x8000) == 0 ? 1 : -1;
        int exponent = bits >> 10 & 31;
        int fraction = bits & 1023;
        if (exponent == 31) {
            return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
        }
        return exponent == 0
                ? sign * fraction * Math.pow(2, -24)
                : sign * (1 + fraction / 1024.0) * Math.pow(2, exponent - 15);
    }

    @Test
    void everyBinary16WidensExactlyAndNarrowsBack() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            double expected = f16ByDefinition(bits);
            float value = HalfPrecision.f16ToFloat((short) bits);
            // Double.equals distinguishes -0 from 0
            assertEquals(Double.valueOf(expected), Double.valueOf(value), "bits " + bits);
            short back = HalfPrecision.floatToF16(value);
            if (Double.isNaN(expected)) {
                assertTrue(Double.isNaN(f16ByDefinition(back & 0xFFFF)), "bits " + bits);
            } else {
                assertEquals((short) bits, back, "bits " + bits);
            }
        }
    }

    @Test
    void everyBfloat16WidensExactlyAndNarrowsBack() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = HalfPrecision.bf16ToFloat((short) bits);
            assertEquals(bits << 16, Float.floatToRawIntBits(value));
            short back = HalfPrecision.floatToBf16(value);
            if (Float.isNaN(value)) {
                assertTrue(Float.isNaN(HalfPrecision.bf16ToFloat(back)));
            } else {
                assertEquals((short) bits, back);
            }
        }
    }

    /** Between neighbours a, b: values below the middle round to a, above it to b, the middle to the even one. */
    @Test
    void narrowingToBinary16RoundsToNearestEven() {
        for (int bits = 0; bits < 0x7C00; bits++) {
            // for rounding, the successor of the largest finite value is 2^16
            double below = f16ByDefinition(bits);
            double above = bits == 0x7BFF ? 65536 : f16ByDefinition(bits + 1);
            float middle = (float) ((below + above) / 2);
            assertEquals((below + above) / 2, middle);
            int even = (bits & 1) == 0 ? bits : bits + 1;
            assertEquals((short) even, HalfPrecision.floatToF16(middle), "tie above " + bits);
            assertEquals((short) (even | 0x8000), HalfPrecision.floatToF16(-middle), "tie below -" + bits);
            assertEquals((short) bits, HalfPrecision.floatToF16(Math.nextDown(middle)));
            assertEquals((short) (bits + 1), HalfPrecision.floatToF16(Math.nextUp(middle)));
        }
    }

    @Test
    void narrowingToBfloat16RoundsToNearestEven() {
        for (int bits = 0; bits < 0x7F80; bits++) {
            float middle = Float.intBitsToFloat(bits << 16 | 0x8000);
            int even = (bits & 1) == 0 ? bits : bits + 1;
            assertEquals((short) even, HalfPrecision.floatToBf16(middle));
            assertEquals((short) bits, HalfPrecision.floatToBf16(Math.nextDown(middle)));
            assertEquals((short) (bits + 1), HalfPrecision.floatToBf16(Math.nextUp(middle)));
        }
    }

    @Test
    void extremesOverflowToInfinityUnderflowToZeroAndKeepNan() {
        assertEquals((short) 0x7C00, HalfPrecision.floatToF16(Float.MAX_VALUE));
        assertEquals((short) 0xFC00, HalfPrecision.floatToF16(Float.NEGATIVE_INFINITY));
        assertEquals((short) 0, HalfPrecision.floatToF16(Float.MIN_VALUE));
        assertEquals((short) 0x8000, HalfPrecision.floatToF16(-Float.MIN_VALUE));
        assertEquals((short) 0x7F80, HalfPrecision.floatToBf16(Float.MAX_VALUE));
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            float nan = Float.intBitsToFloat(0x7F80_0001 + random.nextInt(0x7F_FFFE) | random.nextInt() << 31);
            assertTrue(Float.isNaN(HalfPrecision.f16ToFloat(HalfPrecision.floatToF16(nan))));
            assertTrue(Float.isNaN(HalfPrecision.bf16ToFloat(HalfPrecision.floatToBf16(nan))));
        }
    }
}
