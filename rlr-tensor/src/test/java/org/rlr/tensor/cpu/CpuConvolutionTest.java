package org.rlr.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.View;
import org.rlr.tensor.golden.HashedTensors;

/** Convolutions on the CPU give the same bits for any number of threads. */
class CpuConvolutionTest {
    /** A model scores an image alike on machines of any number of cores. */
    @ParameterizedTest
    @ValueSource(strings = {"scalar", "vector"})
    void theNumberOfThreadsDoesNotChangeABit(String kernels) {
        float[][] expected = null;
        for (int threads : new int[] {1, 2, 5}) {
            try (CpuBackend backend =
                    new CpuBackend(kernels.equals("scalar") ? new ScalarKernels() : KernelChoice.vector(), threads)) {
                float[][] results = {
                    // a stem, a projection, a dense layer whose columns all threads share, a depthwise one
                    convolve(backend, 37, 3, 32, ConvGeometry.same(3, 2, 1)),
                    convolve(backend, 33, 40, 24, ConvGeometry.padded(1, 1, 0, 1)),
                    convolve(backend, 14, 256, 40, ConvGeometry.padded(3, 1, 1, 1)),
                    convolve(backend, 19, 72, 72, ConvGeometry.same(5, 1, 72))
                };
                if (expected == null) {
                    expected = results;
                }
                for (int i = 0; i < results.length; i++) {
                    assertArrayEquals(expected[i], results[i], 0f, "convolution " + i + " on " + threads + " threads");
                }
            }
        }
    }

    private static float[] convolve(CpuBackend backend, int side, int in, int out, ConvGeometry geometry) {
        View x = uniform(backend, "x", 2, side, side, in);
        View w = uniform(backend, "w", out, geometry.kernel(), geometry.kernel(), in / geometry.groups());
        View bias = uniform(backend, "bias", out);
        Shape shape = Shape.of(2, geometry.out(side), geometry.out(side), out);
        View y = new View(backend.allocate(shape.elements()), 0, shape);
        backend.conv2d(x, w, bias, geometry, Activation.SILU, y);
        float[] values = new float[shape.elements()];
        backend.download(y, values, 0);
        return values;
    }

    private static View uniform(CpuBackend backend, String name, int... extents) {
        Shape shape = Shape.of(extents);
        View view = new View(backend.allocate(shape.elements()), 0, shape);
        backend.upload(HashedTensors.uniform(name, 0, shape.elements()), 0, view);
        return view;
    }
}
