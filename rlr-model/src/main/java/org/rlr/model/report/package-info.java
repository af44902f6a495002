/** Pictures of results: anomaly maps in colour over their images, panels and contact sheets. Drawn without fonts or a display. */
package org.rlr.model.report;
