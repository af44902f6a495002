/**
 * Anomaly maps, scores and verdicts from a trained model. Start with {@link org.rlr.model.detect.AnomalyDetector}, or,
 * for many images in order, with {@link org.rlr.model.detect.AnomalyScorer}.
 */
@NullMarked
package org.rlr.model.detect;

import org.jspecify.annotations.NullMarked;
