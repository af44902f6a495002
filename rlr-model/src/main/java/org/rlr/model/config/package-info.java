/**
 * Settings of a model and its training, and the description in a model file. Start with
 * {@link org.rlr.model.config.RlrConfig} and {@link org.rlr.model.config.TrainingSettings}.
 */
@NullMarked
package org.rlr.model.config;

import org.jspecify.annotations.NullMarked;
