/**
 * A data set drawn by formulas, products and their defects, to try everything without data of your own; begin with
 * {@link org.rlr.model.demo.DemoDataSet}.
 */
@NullMarked
package org.rlr.model.demo;

import org.jspecify.annotations.NullMarked;
