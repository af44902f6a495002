/**
 * Settings of a model and its training, and what a model file says of itself; begin with
 * {@link org.rlr.model.config.RlrConfig} and {@link org.rlr.model.config.TrainingSettings}.
 */
@NullMarked
package org.rlr.model.config;

import org.jspecify.annotations.NullMarked;
