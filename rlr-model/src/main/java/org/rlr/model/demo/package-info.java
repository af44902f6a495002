/**
 * A synthetic data set of drawn products and their defects, to try everything without your own data. Start with
 * {@link org.rlr.model.demo.DemoDataSet}.
 */
@NullMarked
package org.rlr.model.demo;

import org.jspecify.annotations.NullMarked;
