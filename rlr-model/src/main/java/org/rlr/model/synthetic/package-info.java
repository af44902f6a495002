/**
 * Synthetic defects made from normal images: labelled data for choosing settings if you have no images of real defects.
 * Start with {@link org.rlr.model.synthetic.SyntheticDataSet}.
 */
@NullMarked
package org.rlr.model.synthetic;

import org.jspecify.annotations.NullMarked;
