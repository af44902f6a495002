package org.rlr.model.train;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The work of a training and its estimated time on this machine, from the time of its features and a few steps. Other
 * load on the machine makes it longer.
 *
 * @param images the number of training images, or of their tiles
 * @param heldOut the number of held-out images, or of their tiles
 * @param parameters the number of learned parameters
 * @param epochs the total number of passes over the images
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
