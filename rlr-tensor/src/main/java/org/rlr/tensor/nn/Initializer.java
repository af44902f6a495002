package org.rlr.tensor.nn;

import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Philox;

/** Draws a parameter's initial values from its own random stream; they are equal on every backend. */
@FunctionalInterface
public interface Initializer {

    /**
     * Returns row-major values for a shape from stream {@code stream} of {@code seed}.
     *
     * @param shape shape of the parameter
     * @param seed the model's seed
     * @param stream number of the parameter, see {@link org.rlr.tensor.backend.Philox}
     * @return {@code shape.elements()} values
     */
    float[] values(Shape shape, long seed, long stream);

    /**
     * Constant values.
     *
     * @param value value of every element
     * @return the initialiser
     */
    static Initializer constant(float value) {
        return (shape, seed, stream) -> {
            float[] v = new float[shape.elements()];
            java.util.Arrays.fill(v, value);
            return v;
        };
    }

    /**
     * {@code N(0, σ²)}.
     *
     * @param sigma standard deviation
     * @return the initialiser
     */
    static Initializer normal(double sigma) {
        return (shape, seed, stream) -> {
            float[] v = new float[shape.elements()];
            int[] words = new int[4];
            float[] four = new float[4];
            for (int i = 0; i < v.length; i++) {
                if (i % 4 == 0) {
                    Philox.normalBlock(seed, stream, i / 4, words, four);
                }
                v[i] = (float) (sigma * four[i % 4]);
            }
            return v;
        };
    }

    /**
     * Uniform in {@code (−bound, bound)}.
     *
     * @param bound above 0
     * @return the initialiser
     */
    static Initializer uniform(double bound) {
        return (shape, seed, stream) -> {
            float[] v = Philox.uniforms(seed, stream, shape.elements());
            for (int i = 0; i < v.length; i++) {
                v[i] = (float) ((2.0 * v[i] - 1.0) * bound);
            }
            return v;
        };
    }

    /**
     * Kaiming normal (He et al. 2015), fan-in, gain √2: {@code N(0, 2/fanIn)}.
     *
     * @param fanIn inputs per output
     * @return the initialiser
     */
    static Initializer kaimingNormal(int fanIn) {
        return normal(Math.sqrt(2.0 / fanIn));
    }

    /**
     * Xavier uniform (Glorot and Bengio 2010): bound {@code √(6/(fanIn+fanOut))}.
     *
     * @param fanIn inputs per output
     * @param fanOut number of outputs
     * @return the initialiser
     */
    static Initializer xavierUniform(int fanIn, int fanOut) {
        return uniform(Math.sqrt(6.0 / (fanIn + fanOut)));
    }

    /**
     * PyTorch's default for weights and bias of a linear layer: uniform, bound {@code 1/√fanIn}.
     *
     * @param fanIn inputs per output
     * @return the initialiser
     */
    static Initializer fanIn(int fanIn) {
        return uniform(1.0 / Math.sqrt(fanIn));
    }
}
