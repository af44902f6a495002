package org.rlr.tensor.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.ConvGeometry;

/**
 * A two-dimensional convolution of images {@code [N, H, W, C]}; {@code weight [out, k, k, in/groups]}, {@code bias
 * [out]}. State dicts hold the weight as PyTorch does, {@code [out, in/groups, k, k]}.
 */
public final class Conv2d {
    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final ConvGeometry geometry;

    /**
     * Declares a layer with weights and bias uniform in {@code ±1/√(k·k·in/groups)}, PyTorch's default.
     *
     * @param names prefix under which the parameters are declared
     * @param in input channels
     * @param out output channels
     * @param geometry kernel, stride, padding and groups
     */
    public Conv2d(ParameterSet.Prefix names, int in, int out, ConvGeometry geometry) {
        this(names, in, out, geometry, Initializer.fanIn(fanIn(in, geometry)), Initializer.fanIn(fanIn(in, geometry)));
    }

    /**
     * Declares a convolution with the given initialisers.
     *
     * @param names prefix under which the parameters are declared
     * @param in input channels
     * @param out output channels
     * @param geometry kernel, stride, padding and groups
     * @param weights initialiser of the weights
     * @param biases initialiser of the bias, or null for no bias
     */
    public Conv2d(
            ParameterSet.Prefix names,
            int in,
            int out,
            ConvGeometry geometry,
            Initializer weights,
            @Nullable Initializer biases) {
        String name = names.name("weight");
        int positions = geometry.kernel() * geometry.kernel();
        int channels = in / geometry.groups();
        StateForm form = new StateForm(
                Map.of(name, stateShape(in, out, geometry)),
                source -> transposed(source.values(name), out, channels, positions),
                values -> transposed(values, out, positions, channels));
        this.geometry = geometry;
        weight = weight(names, form, weights, in, out, geometry);
        bias = biases == null ? null : names.declare("bias", biases, out);
    }

    private Conv2d(Parameter weight, Parameter bias, ConvGeometry geometry) {
        this.weight = weight;
        this.bias = bias;
        this.geometry = geometry;
    }

    /**
     * Folds a convolution without bias and the batch normalisation after it into one convolution, for inference. A
     * state dict holds the convolution's {@code weight} and the normalisation's {@code weight}, {@code bias},
     * {@code running_mean} and {@code running_var}; loading folds them in double: {@code w' = w·γ/√(σ²+eps)}, {@code b'
     * = β − μ·γ/√(σ²+eps)}.
     *
     * @param names prefix of the convolution
     * @param norm prefix of the batch normalisation
     * @param eps added to its variance
     * @param in input channels
     * @param out output channels
     * @param geometry kernel, stride, padding and groups
     * @return the convolution
     */
    public static Conv2d folded(
            ParameterSet.Prefix names, ParameterSet.Prefix norm, double eps, int in, int out, ConvGeometry geometry) {
        String name = names.name("weight");
        Map<String, int[]> shapes = new LinkedHashMap<>();
        shapes.put(name, stateShape(in, out, geometry));
        for (String part : new String[] {"weight", "bias", "running_mean", "running_var"}) {
            shapes.put(norm.name(part), new int[] {out});
        }
        StateForm weights = new StateForm(
                shapes,
                source -> {
                    float[] w = scaled(source.values(name), scale(source, norm, eps));
                    return transposed(w, out, in / geometry.groups(), geometry.kernel() * geometry.kernel());
                },
                null);
        StateForm biases = new StateForm(
                shapes,
                source -> {
                    double[] scale = scale(source, norm, eps);
                    float[] mean = source.values(norm.name("running_mean"));
                    float[] bias = source.values(norm.name("bias")).clone();
                    for (int o = 0; o < out; o++) {
                        bias[o] = (float) (bias[o] - mean[o] * scale[o]);
                    }
                    return bias;
                },
                null);
        return new Conv2d(
                weight(names, weights, Initializer.fanIn(fanIn(in, geometry)), in, out, geometry),
                names.declare(0, "bias", biases, Initializer.constant(0), out),
                geometry);
    }

    private static Parameter weight(
            ParameterSet.Prefix names, StateForm form, Initializer first, int in, int out, ConvGeometry geometry) {
        int k = geometry.kernel();
        // kernels of grouped convolutions read unpacked filters
        return names.declare(geometry.groups() == 1 ? 1 : 0, "weight", form, first, out, k, k, in / geometry.groups());
    }

    private static int fanIn(int in, ConvGeometry geometry) {
        return in / geometry.groups() * geometry.kernel() * geometry.kernel();
    }

    private static int[] stateShape(int in, int out, ConvGeometry geometry) {
        return new int[] {out, in / geometry.groups(), geometry.kernel(), geometry.kernel()};
    }

    /** {@code γ/√(σ²+eps)} per output channel. */
    private static double[] scale(ParameterSet.Source source, ParameterSet.Prefix norm, double eps) {
        float[] gamma = source.values(norm.name("weight"));
        float[] variance = source.values(norm.name("running_var"));
        double[] scale = new double[gamma.length];
        for (int o = 0; o < scale.length; o++) {
            scale[o] = gamma[o] / Math.sqrt((double) variance[o] + eps);
        }
        return scale;
    }

    /** Multiplies each filter by its factor. */
    private static float[] scaled(float[] filters, double[] scale) {
        int length = filters.length / scale.length;
        float[] scaled = new float[filters.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (filters[i] * scale[i / length]);
        }
        return scaled;
    }

    /** Transposes {@code [n, rows, columns]} to {@code [n, columns, rows]}. */
    private static float[] transposed(float[] values, int n, int rows, int columns) {
        float[] result = new float[values.length];
        for (int i = 0; i < n; i++) {
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    result[(i * columns + c) * rows + r] = values[(i * rows + r) * columns + c];
                }
            }
        }
        return result;
    }

    /**
     * {@code [N, H, W, in] → [N, H', W', out]}.
     *
     * @param x {@code [N, H, W, in]}
     * @return {@code [N, H', W', out]}, H' and W' from {@link ConvGeometry#out}
     * @throws IllegalArgumentException if x has another shape
     */
    public Tensor forward(Tensor x) {
        return forward(x, Activation.NONE);
    }

    /**
     * Convolution and activation in one pass.
     *
     * @param x {@code [N, H, W, in]}
     * @param activation applied to the result
     * @return {@code [N, H', W', out]}
     * @throws IllegalArgumentException if x has another shape
     */
    public Tensor forward(Tensor x, Activation activation) {
        return FusedFunctions.conv2d(x, weight.tensor(), bias == null ? null : bias.tensor(), geometry, activation);
    }
}
