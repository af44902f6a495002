/**
 * Published weights of backbones: their addresses, the download, and the cache folder. Start with
 * {@link org.rlr.model.weights.WeightsDownloader} and {@link org.rlr.model.weights.WeightsCache}.
 */
@NullMarked
package org.rlr.model.weights;

import org.jspecify.annotations.NullMarked;
