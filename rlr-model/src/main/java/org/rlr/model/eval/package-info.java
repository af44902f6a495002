/** The seven metrics of anomaly detection, per class and averaged over classes, as table and as JSON. */
package org.rlr.model.eval;
