package org.rlr.model.backbone.scattering;

/** A matrix of complex numbers: an array per row, real and imaginary parts apart. */
record Planes(float[][] re, float[][] im) {
    /** Zeros. */
    Planes(int rows, int columns) {
        this(new float[rows][columns], new float[rows][columns]);
    }

    /** The same memory with the two parts exchanged. */
    Planes exchanged() {
        return new Planes(im, re);
    }
}
