package org.rlr.model.train;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.TrainingSettings;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Philox;

/** The perturbation of a transformer's input in training (RLR §3): feature jitter or token masking. */
final class Perturbation {
    /** The number of random streams per step: each use of random numbers has its own. */
    static final int STREAMS_PER_STEP = 64;

    private final TrainingSettings settings;

    Perturbation(TrainingSettings settings) {
        this.settings = settings;
    }

    /**
     * Returns the random choice per token, on the host: 1 or 0 for each of {@code images·tokens}, the factor of the
     * token's noise or, with masking, of the token itself; null if all tokens are treated alike.
     *
     * @param step number of the step over all epochs, from 0
     * @param level index of the level in the model
     */
    float @Nullable [] chosen(int images, int tokens, long step, int level) {
        if (settings.maskTokens()) {
            return subset(images, tokens, count(probability(), tokens), choice(step, level));
        }
        int clean = count(BigDecimal.ONE.subtract(probability()), tokens);
        return settings.featureJitter() == 0 || clean == 0 ? null : subset(images, tokens, clean, choice(step, level));
    }

    /**
     * Returns the perturbed input.
     *
     * @param x tokens {@code [N, L, C]}
     * @param chosen the result of {@link #chosen} as {@code [N, L]}, or null
     */
    Tensor apply(Tensor x, @Nullable Tensor chosen, long step, int level) {
        if (settings.maskTokens()) {
            if (chosen == null) {
                throw new IllegalArgumentException("masking needs the result of chosen()");
            }
            return x.mul(chosen.reshape(x.dim(0), x.dim(1), 1));
        }
        if (settings.featureJitter() == 0) {
            return x;
        }
        Tensor y = Tensor.empty(x.backend(), x.shape());
        x.backend()
                .featureJitter(
                        x.view(),
                        settings.featureJitter(),
                        chosen == null ? null : chosen.view(),
                        seed(),
                        noise(step, level),
                        y.view());
        return y;
    }

    private static long noise(long step, int level) {
        return step * STREAMS_PER_STEP + 2L * level;
    }

    private static long choice(long step, int level) {
        return noise(step, level) + 1;
    }

    /** Returns p as the exact decimal: with the nearest binary number to 0.3, ⌊(1−p)·10⌋ would be 6. */
    private BigDecimal probability() {
        return new BigDecimal(Float.toString(settings.noiseProb()));
    }

    /** Returns {@code ⌊share·tokens⌋}. */
    private static int count(BigDecimal share, int tokens) {
        return share.multiply(BigDecimal.valueOf(tokens)).intValue();
    }

    private long seed() {
        // Parameters are drawn from the streams of the seed itself.
        return ~settings.seed();
    }

    /**
     * Returns ones with zeros at {@code count} random tokens of each image: the first places of a Fisher-Yates shuffle.
     */
    private float[] subset(int images, int tokens, int count, long stream) {
        float[] ones = new float[images * tokens];
        java.util.Arrays.fill(ones, 1);
        float[] u = Philox.uniforms(seed(), stream, images * count);
        int[] order = new int[tokens];
        for (int image = 0; image < images; image++) {
            java.util.Arrays.setAll(order, i -> i);
            for (int i = 0; i < count; i++) {
                int j = i + (int) (u[image * count + i] * (tokens - i));
                j = Math.min(j, tokens - 1);
                int chosen = order[j];
                order[j] = order[i];
                order[i] = chosen;
                ones[image * tokens + chosen] = 0;
            }
        }
        return ones;
    }
}
