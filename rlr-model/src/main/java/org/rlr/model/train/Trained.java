package org.rlr.model.train;

import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.backend.Backend;

/**
 * What a training gives; closing it closes both models, which share a backbone, and the backend if the training opened
 * it.
 *
 * @param model the model
 * @param bestOnTest the model of the epoch that was best on the test images; null where it was not asked for
 * @param ownBackend the backend of the models if the training opened it; null where it is the caller's
 */
public record Trained(
        RlrModel model,
        @Nullable RlrModel bestOnTest,
        @Nullable Backend ownBackend) implements AutoCloseable {
    @Override
    public void close() {
        if (bestOnTest != null) {
            bestOnTest.levels().forEach(RlrTransformer::close);
        }
        model.close();
        if (ownBackend != null) {
            ownBackend.close();
        }
    }
}
