package org.rlr.model.backbone;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.View;

/**
 * A convolution of a frozen network with the batch normalisation after it, which is folded into filters and bias as
 * they are loaded: {@code w' = w·γ/√(σ²+eps)}, {@code b' = β − μ·γ/√(σ²+eps)}, in double.
 */
final class Convolution implements AutoCloseable {
    private final String name;
    private final String norm;
    private final double eps;
    private final int in;
    private final int out;
    private final ConvGeometry geometry;
    private final Activation activation;
    private Tensor weight;
    private Tensor bias;

    private Convolution(
            String name, String norm, double eps, int in, int out, ConvGeometry geometry, Activation activation) {
        this.name = name;
        this.norm = norm;
        this.eps = eps;
        this.in = in;
        this.out = out;
        this.geometry = geometry;
        this.activation = activation;
    }

    /** A convolution {@code name} without bias, a batch normalisation {@code norm}, an activation. */
    static Convolution normalized(
            String name, String norm, double eps, int in, int out, ConvGeometry geometry, Activation activation) {
        return new Convolution(name, norm, eps, in, out, geometry, activation);
    }

    /** A 1×1 convolution with bias and an activation. */
    static Convolution pointwise(String name, int in, int out, Activation activation) {
        return new Convolution(name, null, 0, in, out, ConvGeometry.padded(1, 1, 0, 1), activation);
    }

    int outChannels() {
        return out;
    }

    /** The tensors it needs from a state dict, with their shapes. */
    Map<String, int[]> tensors() {
        Map<String, int[]> tensors = new LinkedHashMap<>();
        tensors.put(name + ".weight", new int[] {out, in / geometry.groups(), geometry.kernel(), geometry.kernel()});
        if (norm == null) {
            tensors.put(name + ".bias", new int[] {out});
        } else {
            for (String part : new String[] {".weight", ".bias", ".running_mean", ".running_var"}) {
                tensors.put(norm + part, new int[] {out});
            }
        }
        return tensors;
    }

    /** Weights that are learned, for a network's size. */
    long parameters() {
        return (long) out * (in / geometry.groups()) * geometry.kernel() * geometry.kernel()
                + (norm == null ? out : 2L * out);
    }

    /** Puts the folded weights on a backend. @throws RlrException if they are not finite */
    void load(Map<String, Backbone.Weight> weights, Backend backend, String origin) {
        float[] w = weights.get(name + ".weight").values();
        double[] scale = new double[out];
        float[] b = new float[out];
        for (int o = 0; o < out; o++) {
            if (norm == null) {
                scale[o] = 1;
                b[o] = weights.get(name + ".bias").values()[o];
            } else {
                double variance = weights.get(norm + ".running_var").values()[o];
                scale[o] = weights.get(norm + ".weight").values()[o] / Math.sqrt(variance + eps);
                b[o] = (float) (weights.get(norm + ".bias").values()[o]
                        - weights.get(norm + ".running_mean").values()[o] * scale[o]);
            }
        }
        int perFilter = w.length / out;
        int positions = geometry.kernel() * geometry.kernel();
        int channels = in / geometry.groups();
        float[] folded = new float[w.length];
        for (int o = 0; o < out; o++) {
            for (int c = 0; c < channels; c++) {
                for (int p = 0; p < positions; p++) {
                    folded[o * perFilter + p * channels + c] =
                            (float) (w[o * perFilter + c * positions + p] * scale[o]);
                }
            }
        }
        requireFinite(folded, origin);
        requireFinite(b, origin);
        weight = tensor(backend, folded, Shape.of(out, geometry.kernel(), geometry.kernel(), channels));
        if (geometry.groups() == 1) {
            Tensor plain = weight;
            weight = Tensor.wrapUnscoped(backend, new View(backend.packWeights(plain.view(), 1), 0, plain.shape()));
            plain.close();
        }
        bias = tensor(backend, b, Shape.of(out));
    }

    private void requireFinite(float[] values, String origin) {
        for (float v : values) {
            if (!Float.isFinite(v)) {
                throw new RlrException(origin + ": the weights of " + name + (norm == null ? "" : " and " + norm)
                        + " are not finite numbers; the file is damaged, get it again");
            }
        }
    }

    private static Tensor tensor(Backend backend, float[] values, Shape shape) {
        Tensor t = Tensor.wrapUnscoped(backend, new View(backend.allocate(shape.elements()), 0, shape));
        backend.upload(values, 0, t.view());
        return t;
    }

    /** {@code [N, H, W, in]} to {@code [N, H', W', out]}, in the innermost scope. */
    Tensor forward(Tensor x) {
        return FusedFunctions.conv2d(x, weight, bias, geometry, activation);
    }

    @Override
    public void close() {
        if (weight != null) {
            weight.close();
        }
        if (bias != null) {
            bias.close();
        }
    }
}
