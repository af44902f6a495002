/**
 * Results for people: anomaly maps in colour over their images, panels and contact sheets, drawn without fonts or a
 * display, and a report as one HTML page; start with {@link org.rlr.model.report.Overlays} and
 * {@link org.rlr.model.report.EvaluationReport}.
 */
@NullMarked
package org.rlr.model.report;

import org.jspecify.annotations.NullMarked;
