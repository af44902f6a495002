package org.rlr.tensor.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The expected numbers were computed once in Python from the words of the definition. */
class HashedTensorsTest {
    private static final double U0 = -0.6474274396896362; // conv_stem.weight
    private static final double U1000 = -0.8193025588989258;

    @Test
    void inputsAreTheHashItself() {
        float[] input = HashedTensors.values("input", 0, 1, 3, 20, 20);
        assertEquals(1200, input.length);
        assertEquals(0.9951140880584717, input[0]);
        assertEquals(-0.3004053831100464, input[1]);
        assertEquals(0.5252881050109863, input[1000]);
        assertEquals((float) -0.5568135976791382, HashedTensors.values("input", 7, 8)[5]);
    }

    @Test
    void convolutionWeightsAreScaledByTheElementsPerOutputChannel() {
        float[] weight = HashedTensors.values("conv_stem.weight", 0, 40, 3, 3, 3);
        assertEquals((float) (U0 * Math.sqrt(6.0 / 27)), weight[0]);
        assertEquals((float) (U1000 * Math.sqrt(6.0 / 27)), weight[1000]);
        assertEquals((float) -0.8780883550643921, HashedTensors.uniform("conv_stem.weight", 7, 6)[5]);
    }

    @Test
    void vectorsAreScaledByTheLastPartOfTheirName() {
        assertEquals((float) (1 + U0 / 5), HashedTensors.parameter("conv_stem.weight", 0, 4)[0]);
        assertEquals((float) (1 - 0.14598548412322998 / 2), HashedTensors.values("bn1.running_var", 0, 3)[0]);
        assertRule("bn1.running_mean", u -> u / 10);
        assertRule("bn1.bias", u -> u / 10);
        assertRule("in_proj_bias", u -> u / 10);
    }

    @Test
    void sameNameAndSeedGiveTheSameBitsForAnyShape() {
        assertArrayEquals(HashedTensors.uniform("f0", 3, 2, 3, 4), HashedTensors.uniform("f0", 3, 24));
    }

    private static void assertRule(String name, java.util.function.DoubleUnaryOperator rule) {
        float[] raw = HashedTensors.uniform(name, 0, 5);
        float[] values = HashedTensors.values(name, 0, 5);
        for (int i = 0; i < 5; i++) {
            assertEquals((float) rule.applyAsDouble(raw[i]), values[i]);
        }
    }
}
