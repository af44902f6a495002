/** Internal: the command line {@code rlr}; start with {@code Main}. */
@NullMarked
package org.rlr.model.cli;

import org.jspecify.annotations.NullMarked;
