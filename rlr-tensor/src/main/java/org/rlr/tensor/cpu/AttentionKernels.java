package org.rlr.tensor.cpu;

/** The loops of local attention. */
interface AttentionKernels {
}
