package org.rlr.model.detect;

import java.time.Duration;

/**
 * Durations of the steps of one detection. On a GPU the backbone runs asynchronously: most of its time appears in the
 * transformer's step, which waits for it.
 *
 * @param waiting until the call's turn came
 * @param decode reading the image and turning it into RGB
 * @param preprocess resizing or cutting the image
 * @param backbone feature maps of the image or of all its tiles, including the normalisation of pixels
 * @param transformer reconstruction of the feature maps, and token scores
 * @param map the anomaly map and the image score
 */
public record DetectionTimes(
        Duration waiting,
        Duration decode,
        Duration preprocess,
        Duration backbone,
        Duration transformer,
        Duration map) {}
