/** Files: the SafeTensors format, read memory-mapped and written safely beside the target. */
package org.rlr.tensor.io;
