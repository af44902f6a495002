/**
 * The seven metrics of anomaly detection, per class and averaged over classes, and thresholds; start with
 * {@link org.rlr.model.eval.Evaluator} and {@link org.rlr.model.eval.ThresholdEstimator}.
 */
@NullMarked
package org.rlr.model.eval;

import org.jspecify.annotations.NullMarked;
