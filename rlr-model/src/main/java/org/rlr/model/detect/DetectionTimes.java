package org.rlr.model.detect;

import java.time.Duration;

/**
 * How long the steps of one detection took. On a card the backbone's work goes on while its step has ended, and is
 * waited for in the transformer's.
 *
 * @param waiting until its turn came
 * @param decode reading the image and turning it into RGB
 * @param preprocess resizing and cutting it
 * @param backbone its feature maps, or those of all tiles, with the normalisation of pixels
 * @param transformer their reconstruction and the scores of tokens
 * @param map the anomaly map and the image score
 */
public record DetectionTimes(
        Duration waiting,
        Duration decode,
        Duration preprocess,
        Duration backbone,
        Duration transformer,
        Duration map) {}
