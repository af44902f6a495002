package org.rlr.model.train;

import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.transformer.RlrTransformer;

/**
 * What a training gives; closing it closes both models, which share a backbone.
 *
 * @param model the model
 * @param bestOnTest the model of the epoch that was best on the test images; null where it was not asked for
 */
public record Trained(RlrModel model, @Nullable RlrModel bestOnTest) implements AutoCloseable {
    @Override
    public void close() {
        if (bestOnTest != null) {
            bestOnTest.levels().forEach(RlrTransformer::close);
        }
        model.close();
    }
}
