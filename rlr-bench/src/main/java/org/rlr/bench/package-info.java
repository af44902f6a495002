/**
 * JMH benchmarks of RLR and other libraries, and the parts of a run on a card; start reading at
 * {@link org.rlr.bench.Main} and {@code Cells}.
 */
@NullMarked
package org.rlr.bench;

import org.jspecify.annotations.NullMarked;
