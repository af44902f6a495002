/**
 * Imports models from checkpoints of the PyTorch implementation and exports them. Start with
 * {@link org.rlr.model.checkpoint.CheckpointImport} and {@link org.rlr.model.checkpoint.CheckpointExport}.
 */
@NullMarked
package org.rlr.model.checkpoint;

import org.jspecify.annotations.NullMarked;
