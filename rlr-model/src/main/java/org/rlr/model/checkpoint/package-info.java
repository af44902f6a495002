/** Checkpoints of the PyTorch implementation, to a model of ours and back. */
package org.rlr.model.checkpoint;
