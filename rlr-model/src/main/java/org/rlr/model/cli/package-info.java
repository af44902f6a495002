/** Internal: the command line {@code rlr}; begin with {@code Main}. */
@NullMarked
package org.rlr.model.cli;

import org.jspecify.annotations.NullMarked;
