package org.rlr.model.attention;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.nn.Parameter;
import org.rlr.tensor.nn.ParameterSet;

/**
 * Blocks of two layers with random parameters, and their inputs (the reference is the same for any number of images);
 * computes what {@link AttentionBlockContract} checks.
 */
final class BlockRun implements AutoCloseable {
    /** {@code [images, L, d]}. */
    final float[] tokens;

    private final Backend backend;
    private final LevelConfig level;
    private final int images;
    private final ParameterSet parameters = new ParameterSet();
    private final AttentionBlock block;
    private final AttentionBlock second;
    private final List<Parameter> own;
    private final float[] reference;
    private List<Integer> shape;

    BlockRun(AttentionBlockProvider provider, Backend backend, LevelConfig level, int images, long seed) {
        this.backend = backend;
        this.level = level;
        this.images = images;
        block = provider.create(parameters.root().sub("0"), level);
        own = List.copyOf(parameters.all());
        second = provider.create(parameters.root().sub("1"), level);
        parameters.allocate(backend, true);
        parameters.initialize(seed);
        tokens = normal(new Random(seed), images * level.tokens() * level.modelWidth());
        reference = provider.usesReference()
                ? normal(new Random(seed + 100), level.refLen() * level.tokens() * level.modelWidth())
                : new float[0];
    }

    static float[] normal(Random random, int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** Random factors for the outputs, so that each matters. */
    float[] weights(long seed) {
        return normal(new Random(~seed), tokens.length);
    }

    private Tensor tokens() {
        return Tensor.of(tokens, images, level.tokens(), level.modelWidth());
    }

    private Tensor reference() {
        return reference.length == 0
                ? null
                : Tensor.of(reference, 1, level.refLen() * level.tokens(), level.modelWidth());
    }

    private Reference wrapped(Tensor embedded) {
        return embedded == null ? null : new Reference(embedded, level.refLen(), false);
    }

    /** The block's output, row-major. */
    @SuppressWarnings("try") // the scope only has to be open
    float[] forward() {
        try (TensorScope scope = TensorScope.inference(backend)) {
            Tensor y = block.forward(tokens(), wrapped(reference()));
            shape = Arrays.stream(y.shape().toArray()).boxed().toList();
            return y.toArray();
        }
    }

    /** Shape of the last output. */
    List<Integer> shape() {
        return shape;
    }

    /** The output of the second layer's block, optionally after that of the first with the same reference. */
    @SuppressWarnings("try") // the scope only has to be open
    float[] forwardOfTheSecond(boolean afterTheFirst) {
        try (TensorScope scope = TensorScope.inference(backend)) {
            Reference shared = wrapped(reference());
            if (afterTheFirst) {
                block.forward(tokens(), shared);
            }
            return second.forward(tokens(), shared).toArray();
        }
    }

    /** An input that gradients are computed for: tokens, the reference if there is one, the block's parameters. */
    String name(int input) {
        return input == 0
                ? "the tokens"
                : input == 1 && reference.length > 0
                        ? "the reference"
                        : own.get(input - first()).name();
    }

    private int first() {
        return reference.length > 0 ? 2 : 1;
    }

    /** Gradients of the weighted sum of the outputs, in the order of {@link #name}. */
    @SuppressWarnings("try") // the scope only has to be open
    List<float[]> gradients(float[] weights) {
        parameters.zeroGradients();
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor x = tokens().setRequiresGrad();
            Tensor e = reference();
            if (e != null) {
                e.setRequiresGrad();
            }
            Tensor y = block.forward(x, wrapped(e));
            y.mul(Tensor.of(weights, y.shape().toArray())).sum().backward();
            List<float[]> gradients = new ArrayList<>();
            gradients.add(values(x));
            if (e != null) {
                gradients.add(values(e));
            }
            own.forEach(p -> gradients.add(p.tensor().grad().toArray()));
            return gradients;
        }
    }

    /** Zeros if the block does not depend on an input at all. */
    private static float[] values(Tensor input) {
        return input.grad() == null
                ? new float[input.view().elements()]
                : input.grad().toArray();
    }

    /** The same gradient by central differences. */
    double[] differences(int input, double step, float[] weights) {
        if (input < first()) {
            return differences(input == 0 ? tokens : reference, step, weights, () -> {});
        }
        Parameter p = own.get(input - first());
        float[] values = p.tensor().toArray();
        double[] result = differences(
                values,
                step,
                weights,
                () -> backend.upload(values, 0, p.tensor().view()));
        backend.upload(values, 0, p.tensor().view());
        return result;
    }

    private double[] differences(float[] values, double step, float[] weights, Runnable changed) {
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            float before = values[i];
            values[i] = (float) (before + step);
            double distance = values[i];
            changed.run();
            double up = dot(weights, forward());
            values[i] = (float) (before - step);
            distance -= values[i];
            changed.run();
            result[i] = (up - dot(weights, forward())) / distance;
            values[i] = before;
        }
        return result;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /**
     * Per grid position, whether a token's output has a gradient with respect to that position of the tokens or of the
     * reference.
     */
    boolean[] seen(int row) {
        int d = level.modelWidth();
        float[] weights = weights(row);
        for (int i = 0; i < weights.length; i++) {
            weights[i] = i / d % level.tokens() == row ? weights[i] : 0;
        }
        List<float[]> gradients = gradients(weights);
        boolean[] seen = new boolean[level.tokens()];
        for (int input = 0; input < first(); input++) {
            float[] gradient = gradients.get(input);
            for (int i = 0; i < gradient.length; i++) {
                seen[i / d % level.tokens()] |= gradient[i] != 0;
            }
        }
        return seen;
    }

    /** One token's row of an output. */
    float[] row(float[] y, int image, int row) {
        int d = level.modelWidth();
        int from = (image * level.tokens() + row) * d;
        return Arrays.copyOfRange(y, from, from + d);
    }

    @Override
    public void close() {
        parameters.close();
    }
}
