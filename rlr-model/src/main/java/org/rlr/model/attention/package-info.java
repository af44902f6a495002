/**
 * Attention blocks and how one of your own is found; begin with {@link org.rlr.model.attention.AttentionBlock} and
 * {@link org.rlr.model.attention.AttentionBlockProvider}.
 */
@NullMarked
package org.rlr.model.attention;

import org.jspecify.annotations.NullMarked;
