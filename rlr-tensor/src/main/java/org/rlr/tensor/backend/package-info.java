/**
 * The primitives that a device offers and how one is chosen; begin with {@link org.rlr.tensor.backend.Backend}, which a
 * backend of your own implements, and {@link org.rlr.tensor.backend.Backends}.
 */
@NullMarked
package org.rlr.tensor.backend;

import org.jspecify.annotations.NullMarked;
