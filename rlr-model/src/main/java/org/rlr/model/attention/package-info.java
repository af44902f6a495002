/**
 * Attention blocks and how to add your own. Start with {@link org.rlr.model.attention.AttentionBlock} and
 * {@link org.rlr.model.attention.AttentionBlockProvider}.
 */
@NullMarked
package org.rlr.model.attention;

import org.jspecify.annotations.NullMarked;
