/**
 * Files: the SafeTensors format and PyTorch's, read piece by piece or mapped, without running anything, and written
 * safely beside the target.
 */
package org.rlr.tensor.io;
