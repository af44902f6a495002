/**
 * Images and data sets: decodes, resizes and normalises images as the method expects them, and reads folder layouts;
 * start with {@link org.rlr.model.data.DataLayouts} and {@link org.rlr.model.data.InputPipeline}.
 */
@NullMarked
package org.rlr.model.data;

import org.jspecify.annotations.NullMarked;
