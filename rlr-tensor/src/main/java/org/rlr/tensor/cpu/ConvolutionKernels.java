package org.rlr.tensor.cpu;

/** The loops of convolutions and pools that are not matrix products. */
interface ConvolutionKernels {
}
