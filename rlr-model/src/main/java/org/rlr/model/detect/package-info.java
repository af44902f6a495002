/**
 * Anomaly maps, scores and verdicts by a trained model; begin with {@link org.rlr.model.detect.AnomalyDetector} and
 * {@link org.rlr.model.detect.AnomalyScorer}.
 */
@NullMarked
package org.rlr.model.detect;

import org.jspecify.annotations.NullMarked;
