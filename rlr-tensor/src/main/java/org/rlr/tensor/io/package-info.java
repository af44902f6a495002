/**
 * Files: the SafeTensors and PyTorch formats, read in chunks or mapped, without running code, and written atomically;
 * start with {@link org.rlr.tensor.io.SafeTensorsFile} and {@link org.rlr.tensor.io.TorchCheckpoint}.
 */
@NullMarked
package org.rlr.tensor.io;

import org.jspecify.annotations.NullMarked;
