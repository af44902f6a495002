package org.rlr.tensor.backend;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * Attention and its gradients by definition: the whole matrix of queries by keys with a mask, one head at a time. In
 * double it is the reference for backends; with every operation rounded to float it shows the accuracy of a naive
 * float32 implementation.
 */
public final class ReferenceAttention {
    private final AttentionPattern pattern;
    private final int images;
    private final int keys;
    private final int width;
    private final int headDim;
    private final boolean sharedKeys;
    private final boolean sharedValues;
    private final DoubleUnaryOperator round;

    /** Results. */
    public final double[] out;

    public final double[] lse;
    public final double[] dq;
    public final double[] dk;
    public final double[] dv;
    /**
     * The largest absolute term in the sums of the query and key gradients. The gradients are differences and may be
     * exactly 0 (as with a single key), so rounding errors are relative to this term.
     */
    public double largestTerm;
    /** The largest magnitude of a logit: its rounding error is the relative error of a probability. */
    public double largestLogit;

    /** @param single whether to round every operation to float */
    public ReferenceAttention(
            AttentionPattern pattern,
            int images,
            int keys,
            int headDim,
            boolean sharedKeys,
            boolean sharedValues,
            boolean single) {
        this.pattern = pattern;
        this.images = images;
        this.keys = keys;
        this.headDim = headDim;
        this.sharedKeys = sharedKeys;
        this.sharedValues = sharedValues;
        width = pattern.heads() * headDim;
        round = single ? x -> (float) x : x -> x;
        out = new double[images * pattern.tokens() * width];
        lse = new double[images * pattern.heads() * pattern.tokens()];
        dq = new double[out.length];
        dk = new double[(sharedKeys ? 1 : images) * keys * width];
        dv = new double[(sharedValues ? 1 : images) * keys * width];
    }

    /** Returns whether a query may attend to a key. */
    public static boolean allowed(AttentionPattern p, int query, int key) {
        if (p.locality() == Locality.ALL) {
            return true;
        }
        boolean inside = Math.abs(query / p.width() - key / p.width()) <= p.windowSize() / 2
                && Math.abs(query % p.width() - key % p.width()) <= p.windowSize() / 2;
        return inside == (p.locality() == Locality.INSIDE);
    }

    private double r(double x) {
        return round.applyAsDouble(x);
    }

    private int q(int image, int query, int head) {
        return (image * pattern.tokens() + query) * width + head * headDim;
    }

    private int k(int image, int key, int head) {
        return ((sharedKeys ? 0 : image) * keys + key) * width + head * headDim;
    }

    private int v(int image, int key, int head) {
        return ((sharedValues ? 0 : image) * keys + key) * width + head * headDim;
    }

    private double dot(double[] a, int i, double[] b, int j) {
        double sum = 0;
        for (int c = 0; c < headDim; c++) {
            sum = r(sum + r(a[i + c] * b[j + c]));
        }
        return sum;
    }

    private double magnitude(double[] a, int i, double[] b, int j) {
        double sum = 0;
        for (int c = 0; c < headDim; c++) {
            sum += Math.abs(a[i + c] * b[j + c]);
        }
        return sum;
    }

    private double largest(double[] a, int i) {
        double max = 0;
        for (int c = 0; c < headDim; c++) {
            max = Math.max(max, Math.abs(a[i + c]));
        }
        return max;
    }

    private double[] logits(double[] q, double[] k, int image, int head, int query) {
        double scale = r(1 / Math.sqrt(headDim));
        double[] s = new double[keys];
        for (int key = 0; key < keys; key++) {
            s[key] = allowed(pattern, query, key)
                    ? r(dot(q, q(image, query, head), k, k(image, key, head)) * scale)
                    : Double.NEGATIVE_INFINITY;
            if (s[key] != Double.NEGATIVE_INFINITY) {
                largestLogit = Math.max(largestLogit, Math.abs(s[key]));
            }
        }
        return s;
    }

    /** Fills {@link #out} and {@link #lse}. */
    public ReferenceAttention forward(double[] q, double[] k, double[] v) {
        Arrays.fill(out, 0);
        for (int image = 0; image < images; image++) {
            for (int head = 0; head < pattern.heads(); head++) {
                for (int query = 0; query < pattern.tokens(); query++) {
                    double[] s = logits(q, k, image, head, query);
                    double max = Double.NEGATIVE_INFINITY;
                    for (double x : s) {
                        max = Math.max(max, x);
                    }
                    int at = (image * pattern.heads() + head) * pattern.tokens() + query;
                    lse[at] = max;
                    if (max == Double.NEGATIVE_INFINITY) {
                        continue;
                    }
                    double sum = 0;
                    for (int key = 0; key < keys; key++) {
                        s[key] = r(Math.exp(r(s[key] - max)));
                        sum = r(sum + s[key]);
                    }
                    lse[at] = r(max + r(Math.log(sum)));
                    for (int key = 0; key < keys; key++) {
                        double p = r(s[key] / sum);
                        for (int c = 0; c < headDim; c++) {
                            int o = q(image, query, head) + c;
                            out[o] = r(out[o] + r(p * v[v(image, key, head) + c]));
                        }
                    }
                }
            }
        }
        return this;
    }

    /** Fills {@link #dq}, {@link #dk} and {@link #dv}; needs {@link #forward} first. */
    public ReferenceAttention backward(double[] q, double[] k, double[] v, double[] dout) {
        Arrays.fill(dq, 0);
        Arrays.fill(dk, 0);
        Arrays.fill(dv, 0);
        double scale = r(1 / Math.sqrt(headDim));
        for (int image = 0; image < images; image++) {
            for (int head = 0; head < pattern.heads(); head++) {
                for (int query = 0; query < pattern.tokens(); query++) {
                    double logSum = lse[(image * pattern.heads() + head) * pattern.tokens() + query];
                    if (logSum == Double.NEGATIVE_INFINITY) {
                        continue;
                    }
                    double[] s = logits(q, k, image, head, query);
                    int at = q(image, query, head);
                    double delta = dot(dout, at, out, at);
                    for (int key = 0; key < keys; key++) {
                        if (s[key] == Double.NEGATIVE_INFINITY) {
                            continue;
                        }
                        double p = r(Math.exp(r(s[key] - logSum)));
                        largestTerm = Math.max(
                                largestTerm,
                                p
                                        * scale
                                        * 2
                                        * magnitude(dout, at, v, v(image, key, head))
                                        * Math.max(largest(k, k(image, key, head)), largest(q, at)));
                        double ds = r(r(p * r(dot(dout, at, v, v(image, key, head)) - delta)) * scale);
                        for (int c = 0; c < headDim; c++) {
                            int ki = k(image, key, head) + c;
                            int vi = v(image, key, head) + c;
                            dv[vi] = r(dv[vi] + r(p * dout[at + c]));
                            dq[at + c] = r(dq[at + c] + r(ds * k[ki]));
                            dk[ki] = r(dk[ki] + r(ds * q[at + c]));
                        }
                    }
                }
            }
        }
        return this;
    }
}
