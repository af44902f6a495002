package org.rlr.model.backbone.scattering;

/** A matrix of complex numbers: one array per row, with separate real and imaginary parts. */
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
