/**
 * JMH benchmarks of ours beside other libraries, and the parts of a run on a card; begin with
 * {@link org.rlr.bench.Main} and {@code Cells}.
 */
@NullMarked
package org.rlr.bench;

import org.jspecify.annotations.NullMarked;
