/**
 * Files: the SafeTensors format and PyTorch's, read piece by piece or mapped, without running anything, and written
 * safely beside the target; begin with {@link org.rlr.tensor.io.SafeTensorsFile} and
 * {@link org.rlr.tensor.io.TorchCheckpoint}.
 */
@NullMarked
package org.rlr.tensor.io;

import org.jspecify.annotations.NullMarked;
