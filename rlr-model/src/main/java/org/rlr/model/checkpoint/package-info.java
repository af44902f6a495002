/**
 * Checkpoints of the PyTorch implementation, read as models and written from them; begin with
 * {@link org.rlr.model.checkpoint.CheckpointImport} and {@link org.rlr.model.checkpoint.CheckpointExport}.
 */
@NullMarked
package org.rlr.model.checkpoint;

import org.jspecify.annotations.NullMarked;
