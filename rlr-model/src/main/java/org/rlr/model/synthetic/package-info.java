/**
 * Defects made of normal images alone: labelled data to choose settings on where real defects are lacking; begin with
 * {@link org.rlr.model.synthetic.SyntheticDataSet}.
 */
@NullMarked
package org.rlr.model.synthetic;

import org.jspecify.annotations.NullMarked;
