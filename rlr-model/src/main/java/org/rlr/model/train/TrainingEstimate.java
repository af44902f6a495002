package org.rlr.model.train;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a training is going to do, and how long it takes on this machine, by the time that its features and a few steps
 * took. Other work of the machine makes it longer.
 *
 * @param images images learned from, or their tiles
 * @param heldOut images held out, or their tiles
 * @param parameters numbers that are learned
 * @param epochs passes over the images in all
 * @param done epochs that an earlier run made
 * @param steps steps of each epoch
 * @param features how long the features of the images took
 * @param remaining how long the rest takes: epochs, and the scores of the images; null where there are so few steps
 *     that timing some would take longer
 */
public record TrainingEstimate(
        int images,
        int heldOut,
        long parameters,
        int epochs,
        int done,
        int steps,
        Duration features,
        @Nullable Duration remaining) {}
