package org.rlr.model.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.rlr.model.data.RgbImage;
import org.rlr.tensor.RlrException;

/** Principal components of maps with known components. */
class FeatureColorsTest {
    private static final int TOKENS = 400;

    /**
     * Three independent directions (1,1,0,0,0)/√2, e₂, −e₃ of deviations 5, 3 and 1 around 7, and constant channels.
     */
    private static float[] tokens(double[][] factors) {
        float[] tokens = new float[TOKENS * 5];
        for (int t = 0; t < TOKENS; t++) {
            float a = (float) (5 * factors[0][t] / Math.sqrt(2));
            float[] token = {7 + a, 7 + a, 7 + 3 * (float) factors[1][t], 7 - (float) factors[2][t], 7};
            System.arraycopy(token, 0, tokens, t * 5, 5);
        }
        return tokens;
    }

    /** Uncorrelated: sines of different whole frequencies, scaled to variance 1. */
    private static double[][] factors() {
        double[][] factors = new double[3][TOKENS];
        for (int f = 0; f < 3; f++) {
            for (int t = 0; t < TOKENS; t++) {
                factors[f][t] = Math.sqrt(2) * Math.sin(2 * Math.PI * (f + 1) * t / TOKENS);
            }
        }
        return factors;
    }

    @Test
    void theStrongestDirectionsBecomeRedGreenAndBlue() {
        double[][] factors = factors();
        float[] tokens = tokens(factors);
        byte[] rgb = new FeatureColors(tokens, 5).picture(tokens, 20, 20).rgb();
        for (int t = 0; t < TOKENS; t++) {
            assertEquals(127.5 * (1 + factors[0][t] / 2.5), rgb[3 * t] & 0xff, 1);
            assertEquals(127.5 * (1 + factors[1][t] / 2.5), rgb[3 * t + 1] & 0xff, 1);
            // the sign of a component is chosen so that its largest weight is positive
            assertEquals(127.5 * (1 - factors[2][t] / 2.5), rgb[3 * t + 2] & 0xff, 1);
        }
    }

    @Test
    void anotherMapHasTheSameColoursForTheSameFeaturesAndIsCutOffBeyond() {
        float[] tokens = tokens(factors());
        FeatureColors colors = new FeatureColors(tokens, 5);
        RgbImage all = colors.picture(tokens, 20, 20);
        float[] two = {tokens[50], tokens[51], tokens[52], tokens[53], tokens[54], 1000, 1000, 1000, 1000, 1000};
        byte[] rgb = colors.picture(two, 1, 2).rgb();
        assertArrayEquals(Arrays.copyOfRange(all.rgb(), 30, 33), Arrays.copyOf(rgb, 3));
        assertArrayEquals(new byte[] {-1, -1, -1}, Arrays.copyOfRange(rgb, 3, 6));
    }

    @Test
    void mapsOfFewComponentsAreGreyWhereTheyHaveNone() {
        float[] flat = new float[12];
        Arrays.fill(flat, 3);
        for (byte sample : new FeatureColors(flat, 3).picture(flat, 2, 2).rgb()) {
            assertEquals(128, sample & 0xff);
        }
        float[] single = {1, 2, 3, 4};
        byte[] rgb = new FeatureColors(single, 1).picture(single, 2, 2).rgb();
        for (int i = 0; i < 4; i++) {
            assertEquals(127.5 * (1 + (single[i] - 2.5) / Math.sqrt(1.25) / 2.5), rgb[3 * i] & 0xff, 1);
            assertEquals(128, rgb[3 * i + 1] & 0xff);
            assertEquals(128, rgb[3 * i + 2] & 0xff);
        }
    }

    @Test
    void whatIsNoMapIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new FeatureColors(new float[7], 2));
        float[] broken = new float[8];
        broken[3] = Float.NaN;
        assertThrows(RlrException.class, () -> new FeatureColors(broken, 2));
        FeatureColors colors = new FeatureColors(new float[] {1, 2, 3, 5, 4, 1, 0, 2}, 2);
        assertThrows(IllegalArgumentException.class, () -> colors.picture(new float[8], 3, 2));
    }

    @Test
    void captionsAreDrawnWithoutFontsAndOnlyInLettersThatThereAre() {
        RgbImage picture = new RgbImage(2, 1, new byte[6]);
        RgbImage captioned = Captions.above(picture, "il");
        assertEquals(24, captioned.width());
        assertEquals(21, captioned.height());
        int dark = 0;
        for (int i = 0; i < 20 * 24 * 3; i += 3) {
            dark += captioned.rgb()[i] == 0 ? 1 : 0;
        }
        assertEquals(4 * (9 + 10), dark, "four pixels for each dot of both letters");
        assertThrows(IllegalArgumentException.class, () -> Captions.above(picture, "Ω"));
    }
}
