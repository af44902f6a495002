package org.rlr.tensor.cpu;

/**
 * Loops over one row of {@code n} elements, most of them with a reduction; each array is followed by the row's offset
 * in it.
 */
interface RowKernels {

    /** The sum of the row. */
    float sum(float[] x, int xo, int n);

    /** Softmax; y may be x. A row with only −∞ gives NaN, as in the definition. */
    void softmax(float[] x, int xo, float[] y, int yo, int n);

    /** {@code dx (+)= y·(dy − Σ y·dy)}. */
    void softmaxBackward(float[] y, int yo, float[] dy, int dyo, float[] dx, int dxo, int n, boolean accumulate);

    /** Normalises one row, its mean and rstd to {@code mean[mo]} and {@code rstd[ro]}; y may be x. */
    void layerNorm(
            float[] x,
            int xo,
            float[] gamma,
            int go,
            float[] beta,
            int bo,
            float eps,
            float[] y,
            int yo,
            float[] mean,
            int mo,
            float[] rstd,
            int ro,
            int n);

    /** Gradients of one row; {@code dgamma +=}, {@code dbeta +=}. */
    void layerNormBackward(
            float[] x,
            int xo,
            float[] gamma,
            int go,
            float mean,
            float rstd,
            float[] dy,
            int dyo,
            float[] dx,
            int dxo,
            int n,
            boolean accumulate,
            float[] dgamma,
            int dgo,
            float[] dbeta,
            int dbo);
}
