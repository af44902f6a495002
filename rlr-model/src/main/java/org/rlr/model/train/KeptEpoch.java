package org.rlr.model.train;

import java.util.ArrayList;
import java.util.List;
import org.rlr.model.transformer.RlrTransformer;

/**
 * An epoch that is the best so far.
 *
 * @param epoch its number, from 1
 * @param loss its mean training loss
 * @param value what it was chosen by
 * @param parameters of the levels after it
 */
record KeptEpoch(int epoch, double loss, double value, List<float[]> parameters) {

    static KeptEpoch of(int epoch, double loss, double value, List<RlrTransformer> levels) {
        List<float[]> parameters = new ArrayList<>();
        levels.forEach(level -> parameters.add(level.parameters().toArray()));
        return new KeptEpoch(epoch, loss, value, parameters);
    }
}
