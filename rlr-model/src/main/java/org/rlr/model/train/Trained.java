package org.rlr.model.train;

import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.backend.Backend;

/**
 * The result of a training; closing it closes both models, which share a backbone, and the backend if the training
 * opened it.
 *
 * @param model the model
 * @param bestOnTest the model of the best epoch on the test images; null if not selected
 * @param ownBackend the backend of the models if the training opened it; null if the caller did
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
