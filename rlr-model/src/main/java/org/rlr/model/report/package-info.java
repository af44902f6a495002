/**
 * Results for people: anomaly maps in colour over their images, panels and contact sheets, drawn without fonts or a
 * display; and a report as one HTML page.
 */
package org.rlr.model.report;
