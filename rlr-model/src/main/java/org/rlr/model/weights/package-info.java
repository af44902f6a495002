/**
 * Published weights of backbones: where they are, the download, and the folder that keeps them; begin with
 * {@link org.rlr.model.weights.WeightsDownloader} and {@link org.rlr.model.weights.WeightsCache}.
 */
@NullMarked
package org.rlr.model.weights;

import org.jspecify.annotations.NullMarked;
