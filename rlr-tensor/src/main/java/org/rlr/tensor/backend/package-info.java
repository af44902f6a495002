/**
 * The primitives of a device and the selection of a device; start with {@link org.rlr.tensor.backend.Backend}, which
 * custom backends implement, and {@link org.rlr.tensor.backend.Backends}.
 */
@NullMarked
package org.rlr.tensor.backend;

import org.jspecify.annotations.NullMarked;
