package org.rlr.model.train;

import java.math.BigDecimal;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Philox;

/** The perturbation of a transformer's input while training (RLR §3): feature jitter, or token masking. */
final class Perturbation {
    /** Each use of random numbers within a step has a stream of its own. */
    private static final int STREAMS_PER_STEP = 64;

    private final TrainingSettings settings;

    Perturbation(TrainingSettings settings) {
        this.settings = settings;
    }

    /**
     * The perturbed input.
     *
     * @param x     tokens {@code [N, L, C]}
     * @param step  number of the step over all epochs, from 0
     * @param level index of the level in the model
     */
    Tensor apply(Tensor x, long step, int level) {
        long noise = step * STREAMS_PER_STEP + 2L * level;
        long choice = noise + 1;
        int n = x.dim(0);
        int tokens = x.dim(1);
        if (settings.maskTokens()) {
            Tensor keep = Tensor.of(subset(n, tokens, count(probability(), tokens), choice), n, tokens, 1);
            return x.mul(keep);
        }
        if (settings.featureJitter() == 0) {
            return x;
        }
        Tensor y = Tensor.empty(x.backend(), x.shape());
        int clean = count(BigDecimal.ONE.subtract(probability()), tokens);
        Tensor scale = clean == 0 ? null : Tensor.of(subset(n, tokens, clean, choice), n, tokens);
        x.backend().featureJitter(x.view(), settings.featureJitter(), scale == null ? null : scale.view(), seed(), noise, y.view());
        return y;
    }

    /** p as it is written: 0.3 is meant exactly, not the nearest number in binary, with which ⌊(1−p)·10⌋ would be 6. */
    private BigDecimal probability() {
        return new BigDecimal(Float.toString(settings.noiseProb()));
    }

    /** {@code ⌊share·tokens⌋}. */
    private static int count(BigDecimal share, int tokens) {
        return share.multiply(BigDecimal.valueOf(tokens)).intValue();
    }

    private long seed() {
        // Parameters are drawn from the streams of the seed itself.
        return ~settings.seed();
    }

    /** Ones, but zeros at {@code count} random tokens of each image: the first places of a Fisher-Yates shuffle. */
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
