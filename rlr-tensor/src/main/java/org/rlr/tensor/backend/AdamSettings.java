package org.rlr.tensor.backend;

/**
 * Adam (Kingma and Ba 2015, algorithm 1), bias-corrected; update {@code lr·m̂/(√v̂ + eps)}, no weight decay.
 *
 * @param learningRate step size
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root, after bias correction
 */
public record AdamSettings(float learningRate, float beta1, float beta2, float epsilon) {
    /** The defaults of the method (RLR): lr 1e-4, betas 0.9 and 0.999, eps 1e-8. */
    public static final AdamSettings DEFAULT = new AdamSettings(1e-4f, 0.9f, 0.999f, 1e-8f);

    /**
     * Returns these settings with another learning rate.
     *
     * @param lr step size, above 0
     * @return a copy
     */
    public AdamSettings withLearningRate(float lr) {
        return new AdamSettings(lr, beta1, beta2, epsilon);
    }
}
