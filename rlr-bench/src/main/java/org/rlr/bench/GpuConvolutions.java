package org.rlr.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.rlr.bench.GpuShapes.Convolution;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.View;

/** The convolutions of the kernel table, by row name. */
final class GpuConvolutions {
    /** The column of our own kernels for convolutions that cuDNN supports. */
    static final String OWN_KERNELS = "rlr, own kernels";

    private GpuConvolutions() {}

    /** @param depthwise whether to include depthwise convolutions, which cuDNN never computes here */
    static Map<String, Function<Backend, GpuCase>> of(GpuShapes shapes, int images, boolean depthwise) {
        Map<String, Function<Backend, GpuCase>> cases = new LinkedHashMap<>();
        for (Convolution shape : shapes.convolutions()) {
            if (shape.depthwise() && !depthwise) {
                continue;
            }
            cases.put(shape + " forward", backend -> forward(backend, shape, images));
            if (shape.gradients()) {
                cases.put(shape + " input gradient", backend -> inputGradient(backend, shape, images));
                cases.put(shape + " weight gradient", backend -> weightGradient(backend, shape, images));
            }
        }
        return cases;
    }

    private static GpuCase forward(Backend backend, Convolution shape, int images) {
        GpuCase c = new GpuCase(backend, work(shape, images));
        View x = c.input(1, input(shape, images));
        View w = c.input(2, weights(shape));
        View bias = c.input(3, shape.outChannels());
        View y = c.result(output(shape, images));
        return c.call(b -> b.conv2d(x, w, bias, shape.geometry(), Activation.RELU, y));
    }

    private static GpuCase inputGradient(Backend backend, Convolution shape, int images) {
        GpuCase c = new GpuCase(backend, work(shape, images));
        View dy = c.input(1, output(shape, images));
        View w = c.input(2, weights(shape));
        View dx = c.result(input(shape, images));
        return c.call(b -> b.conv2dBackwardInput(dy, w, shape.geometry(), dx, false));
    }

    private static GpuCase weightGradient(Backend backend, Convolution shape, int images) {
        GpuCase c = new GpuCase(backend, work(shape, images));
        View x = c.input(1, input(shape, images));
        View dy = c.input(2, output(shape, images));
        View dw = c.result(weights(shape));
        return c.call(b -> b.conv2dBackwardWeights(x, dy, shape.geometry(), dw, false));
    }

    private static int[] input(Convolution shape, int images) {
        return new int[] {images, shape.side(), shape.side(), shape.channels()};
    }

    private static int[] output(Convolution shape, int images) {
        int side = shape.geometry().out(shape.side());
        return new int[] {images, side, side, shape.outChannels()};
    }

    private static int[] weights(Convolution shape) {
        int kernel = shape.geometry().kernel();
        return new int[] {
            shape.outChannels(),
            kernel,
            kernel,
            shape.channels() / shape.geometry().groups()
        };
    }

    private static double count(int[] extents) {
        double count = 1;
        for (int e : extents) {
            count *= e;
        }
        return count;
    }

    /** The work, which includes products with padding, as usual. */
    private static Work work(Convolution shape, int images) {
        double products = count(output(shape, images)) * count(weights(shape)) / shape.outChannels();
        return new Work(
                2 * products, 4 * (count(input(shape, images)) + count(weights(shape)) + count(output(shape, images))));
    }
}
