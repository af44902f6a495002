/**
 * Images and data sets: pictures decoded, resized and normalised as the method expects them, and the folder layouts
 * that hold them; begin with {@link org.rlr.model.data.DataLayouts} and {@link org.rlr.model.data.InputPipeline}.
 */
@NullMarked
package org.rlr.model.data;

import org.jspecify.annotations.NullMarked;
