package org.rlr.model.backbone;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.rlr.model.data.Normalization;

/**
 * A backbone that can be chosen.
 *
 * @param name the name to choose it by
 * @param normalization how it wants pixels
 * @param channels channels by level, ascending; level i has stride {@code 2^(i+1)}
 * @param parameters learned weights of the feature layers, without the classifier
 * @param needsWeights whether it needs a file of weights
 */
public record BackboneInfo(
        String name,
        Normalization normalization,
        Map<Integer, Integer> channels,
        long parameters,
        boolean needsWeights) {
    /**
     * Takes a copy of the channels.
     *
     * @param name the name to choose it by
     * @param normalization how it wants pixels
     * @param channels channels by level, ascending; level i has stride {@code 2^(i+1)}
     * @param parameters learned weights of the feature layers, without the classifier
     * @param needsWeights whether it needs a file of weights
     */
    public BackboneInfo {
        channels = Collections.unmodifiableMap(new TreeMap<>(channels));
    }
}
