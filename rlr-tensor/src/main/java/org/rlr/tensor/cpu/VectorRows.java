package org.rlr.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Row loops on the Vector API. Sums run in lanes, which are added in a fixed order. */
final class VectorRows implements RowKernels {
    private static final VectorSpecies<Float> FLOATS = VectorMath.FLOATS;
    private static final int LANES = FLOATS.length();

    @Override
    public float sum(float[] x, int xo, int n) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        FloatVector s2 = FloatVector.zero(FLOATS);
        FloatVector s3 = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i <= n - 4 * LANES; i += 4 * LANES) {
            s0 = s0.add(FloatVector.fromArray(FLOATS, x, xo + i));
            s1 = s1.add(FloatVector.fromArray(FLOATS, x, xo + i + LANES));
            s2 = s2.add(FloatVector.fromArray(FLOATS, x, xo + i + 2 * LANES));
            s3 = s3.add(FloatVector.fromArray(FLOATS, x, xo + i + 3 * LANES));
        }
        for (; i <= n - LANES; i += LANES) {
            s0 = s0.add(FloatVector.fromArray(FLOATS, x, xo + i));
        }
        float sum = VectorMath.sum(s0.add(s1).add(s2.add(s3)));
        for (; i < n; i++) {
            sum += x[xo + i];
        }
        return sum;
    }

    private static float max(float[] x, int xo, int n) {
        FloatVector lanes = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            lanes = lanes.max(FloatVector.fromArray(FLOATS, x, xo + i));
        }
        float max = lanes.reduceLanes(VectorOperators.MAX);
        for (; i < n; i++) {
            max = Math.max(max, x[xo + i]);
        }
        return max;
    }

    @Override
    public void softmax(float[] x, int xo, float[] y, int yo, int n) {
        float max = max(x, xo, n);
        FloatVector sums = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector e = VectorMath.exp(
                    VectorMath.atLeast(FloatVector.fromArray(FLOATS, x, xo + i).sub(max), -88f));
            e.intoArray(y, yo + i);
            sums = sums.add(e);
        }
        float sum = VectorMath.sum(sums);
        for (; i < n; i++) {
            y[yo + i] = (float) Math.exp(x[xo + i] - max);
            sum += y[yo + i];
        }
        float scale = 1 / sum;
        for (i = 0; i <= n - LANES; i += LANES) {
            FloatVector.fromArray(FLOATS, y, yo + i).mul(scale).intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] *= scale;
        }
    }

    @Override
    public void softmaxBackward(
            float[] y, int yo, float[] dy, int dyo, float[] dx, int dxo, int n, boolean accumulate) {
        FloatVector sums = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            sums = FloatVector.fromArray(FLOATS, y, yo + i).fma(FloatVector.fromArray(FLOATS, dy, dyo + i), sums);
        }
        float sum = VectorMath.sum(sums);
        for (; i < n; i++) {
            sum += y[yo + i] * dy[dyo + i];
        }
        i = 0;
        if (accumulate) {
            for (; i <= n - LANES; i += LANES) {
                FloatVector d = FloatVector.fromArray(FLOATS, y, yo + i)
                        .mul(FloatVector.fromArray(FLOATS, dy, dyo + i).sub(sum));
                d.add(FloatVector.fromArray(FLOATS, dx, dxo + i)).intoArray(dx, dxo + i);
            }
        } else {
            for (; i <= n - LANES; i += LANES) {
                FloatVector.fromArray(FLOATS, y, yo + i)
                        .mul(FloatVector.fromArray(FLOATS, dy, dyo + i).sub(sum))
                        .intoArray(dx, dxo + i);
            }
        }
        for (; i < n; i++) {
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
        float mu = sum(x, xo, n) / n;
        float r = (float) (1 / Math.sqrt(squaredDeviations(x, xo, mu, n) / n + eps));
        mean[mo] = mu;
        rstd[ro] = r;
        FloatVector shift = FloatVector.broadcast(FLOATS, mu);
        FloatVector scale = FloatVector.broadcast(FLOATS, r);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector normal =
                    FloatVector.fromArray(FLOATS, x, xo + i).sub(shift).mul(scale);
            normal.fma(FloatVector.fromArray(FLOATS, gamma, go + i), FloatVector.fromArray(FLOATS, beta, bo + i))
                    .intoArray(y, yo + i);
        }
        for (; i < n; i++) {
            y[yo + i] = (x[xo + i] - mu) * r * gamma[go + i] + beta[bo + i];
        }
    }

    private static float squaredDeviations(float[] x, int xo, float mean, int n) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            FloatVector d0 = FloatVector.fromArray(FLOATS, x, xo + i).sub(mean);
            FloatVector d1 = FloatVector.fromArray(FLOATS, x, xo + i + LANES).sub(mean);
            s0 = d0.fma(d0, s0);
            s1 = d1.fma(d1, s1);
        }
        float sum = VectorMath.sum(s0.add(s1));
        for (; i < n; i++) {
            float d = x[xo + i] - mean;
            sum += d * d;
        }
        return sum;
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
        FloatVector sums = FloatVector.zero(FLOATS);
        FloatVector dots = FloatVector.zero(FLOATS);
        int whole = n / LANES * LANES;
        for (int i = 0; i < whole; i += LANES) {
            FloatVector d = FloatVector.fromArray(FLOATS, dy, dyo + i);
            FloatVector normal =
                    FloatVector.fromArray(FLOATS, x, xo + i).sub(mean).mul(rstd);
            d.fma(normal, FloatVector.fromArray(FLOATS, dgamma, dgo + i)).intoArray(dgamma, dgo + i);
            d.add(FloatVector.fromArray(FLOATS, dbeta, dbo + i)).intoArray(dbeta, dbo + i);
            FloatVector g = d.mul(FloatVector.fromArray(FLOATS, gamma, go + i));
            sums = sums.add(g);
            dots = g.fma(normal, dots);
        }
        float sum = VectorMath.sum(sums);
        float dot = VectorMath.sum(dots);
        for (int i = whole; i < n; i++) {
            float normal = (x[xo + i] - mean) * rstd;
            dgamma[dgo + i] += dy[dyo + i] * normal;
            dbeta[dbo + i] += dy[dyo + i];
            float g = dy[dyo + i] * gamma[go + i];
            sum += g;
            dot += g * normal;
        }
        float meanG = sum / n;
        float meanGx = dot / n;
        // rstd·(g − mean(g) − x̂·mean(g·x̂)) with x̂ = (x − mean)·rstd
        float slope = -rstd * meanGx;
        for (int i = 0; i < whole; i += LANES) {
            FloatVector g = FloatVector.fromArray(FLOATS, dy, dyo + i)
                    .mul(FloatVector.fromArray(FLOATS, gamma, go + i))
                    .sub(meanG);
            FloatVector d = FloatVector.fromArray(FLOATS, x, xo + i)
                    .sub(mean)
                    .fma(FloatVector.broadcast(FLOATS, slope), g)
                    .mul(rstd);
            (accumulate ? d.add(FloatVector.fromArray(FLOATS, dx, dxo + i)) : d).intoArray(dx, dxo + i);
        }
        for (int i = whole; i < n; i++) {
            float d = rstd * (dy[dyo + i] * gamma[go + i] - meanG + (x[xo + i] - mean) * slope);
            dx[dxo + i] = accumulate ? dx[dxo + i] + d : d;
        }
    }
}
