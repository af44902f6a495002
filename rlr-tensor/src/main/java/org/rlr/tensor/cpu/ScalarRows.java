package org.rlr.tensor.cpu;

/** Row loops in plain Java; sums in double. */
final class ScalarRows implements RowKernels {

    @Override
    public float sum(float[] x, int xo, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += x[xo + i];
        }
        return (float) sum;
    }

    @Override
    public void softmax(float[] x, int xo, float[] y, int yo, int n) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, x[xo + i]);
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
            float e = (float) Math.exp(x[xo + i] - max);
            y[yo + i] = e;
            sum += e;
        }
        float scale = (float) (1 / sum);
        for (int i = 0; i < n; i++) {
            y[yo + i] *= scale;
        }
    }

    @Override
    public void softmaxBackward(
            float[] y, int yo, float[] dy, int dyo, float[] dx, int dxo, int n, boolean accumulate) {
        double dot = 0;
        for (int i = 0; i < n; i++) {
            dot += (double) y[yo + i] * dy[dyo + i];
        }
        float sum = (float) dot;
        for (int i = 0; i < n; i++) {
            float d = y[yo + i] * (dy[dyo + i] - sum);
            dx[dxo + i] = accumulate ? dx[dxo + i] + d : d;
        }
    }

    @Override
    public void layerNorm(
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
            int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += x[xo + i];
        }
        float mu = (float) (sum / n);
        double squares = 0;
        for (int i = 0; i < n; i++) {
            float d = x[xo + i] - mu;
            squares += d * d;
        }
        float r = (float) (1 / Math.sqrt(squares / n + eps));
        mean[mo] = mu;
        rstd[ro] = r;
        for (int i = 0; i < n; i++) {
            y[yo + i] = (x[xo + i] - mu) * r * gamma[go + i] + beta[bo + i];
        }
    }

    @Override
    public void layerNormBackward(
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
            int dbo) {
        double sumG = 0;
        double sumGx = 0;
        for (int i = 0; i < n; i++) {
            float d = dy[dyo + i];
            float xhat = (x[xo + i] - mean) * rstd;
            dgamma[dgo + i] += d * xhat;
            dbeta[dbo + i] += d;
            float g = d * gamma[go + i];
            sumG += g;
            sumGx += g * xhat;
        }
        float meanG = (float) (sumG / n);
        float meanGx = (float) (sumGx / n);
        for (int i = 0; i < n; i++) {
            float xhat = (x[xo + i] - mean) * rstd;
            float r = rstd * (dy[dyo + i] * gamma[go + i] - meanG - xhat * meanGx);
            dx[dxo + i] = accumulate ? dx[dxo + i] + r : r;
        }
    }
}
