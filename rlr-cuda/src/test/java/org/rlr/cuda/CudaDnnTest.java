package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.Capture;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.View;

/** Compares convolutions by cuDNN and by our own kernels, also in a graph, on the stand-in. */
@Tag(StandIn.TAG)
class CudaDnnTest {
    private static final int IMAGES = 2;
    private static final int CHANNELS = 24;
    private static final int OUT = 20;

    @BeforeAll
    static void load() {
        StandIn.load();
    }

    /** A convolution and its gradients on a backend. */
    private static final class Convolution implements AutoCloseable {
        final Backend backend;
        final ConvGeometry geometry;
        final View x;
        final View w;
        final View bias;
        final View y;
        final View dx;
        final View dw;

        Convolution(Backend backend, ConvGeometry geometry, int side) {
            this.backend = backend;
            this.geometry = geometry;
            x = normals(1, IMAGES, side, side, CHANNELS);
            w = normals(2, OUT, geometry.kernel(), geometry.kernel(), CHANNELS);
            bias = normals(3, OUT);
            y = normals(4, IMAGES, geometry.out(side), geometry.out(side), OUT);
            dx = normals(5, IMAGES, side, side, CHANNELS);
            dw = normals(6, OUT, geometry.kernel(), geometry.kernel(), CHANNELS);
        }

        private View normals(long seed, int... extents) {
            Shape shape = Shape.of(extents);
            View view = new View(backend.allocate(shape.elements()), 0, shape);
            backend.normal(view, 20240917, seed);
            return view;
        }

        void submit() {
            backend.conv2d(x, w, bias, geometry, Activation.SILU, y);
            backend.conv2dBackwardInput(y, w, geometry, dx, true);
            backend.conv2dBackwardWeights(x, y, geometry, dw, true);
        }

        float[][] results() {
            return Stream.of(y, dx, dw)
                    .map(v -> {
                        float[] values = new float[v.elements()];
                        backend.download(v, values, 0);
                        return values;
                    })
                    .toArray(float[][]::new);
        }

        @Override
        public void close() {
            Stream.of(x, w, bias, y, dx, dw).forEach(v -> v.storage().release());
        }
    }

    private static float[][] computed(String precision, boolean cudnn, ConvGeometry geometry, int side) {
        BackendSettings settings = BackendSettings.DEFAULTS.withPrecision(precision);
        CudaBackendProvider cuda = new CudaBackendProvider();
        try (Backend backend = cudnn ? cuda.create(0, settings) : cuda.createWithoutCudnn(0, settings)) {
            assertTrue(
                    backend.description()
                            .contains(
                                    cudnn
                                            ? "convolutions by cuDNN 9.5.1"
                                            : "convolutions by own kernels (cuDNN is switched off)"),
                    backend.description());
            float[][] results;
            try (Convolution c = new Convolution(backend, geometry, side)) {
                c.submit();
                results = c.results();
            }
            assertEquals(0, backend.memory().used());
            return results;
        }
    }

    /** The largest difference over the largest value. */
    private static double error(float[] exact, float[] computed) {
        double largest = 0;
        double error = 0;
        for (int i = 0; i < exact.length; i++) {
            largest = Math.max(largest, Math.abs(exact[i]));
            error = Math.max(error, Math.abs(exact[i] - computed[i]));
        }
        return error / largest;
    }

    static Stream<ConvGeometry> geometries() {
        // equal padding on both sides; only after; more before than after; a strided matrix product
        return Stream.of(
                ConvGeometry.padded(3, 1, 1, 1),
                ConvGeometry.same(3, 2, 1),
                new ConvGeometry(5, 2, 4, 1, 1, false),
                ConvGeometry.padded(1, 2, 0, 1));
    }

    /** TF32's rounding, which our kernels lack, shows which library has computed. */
    @ParameterizedTest
    @MethodSource("geometries")
    void cudnnComputesWithTheFactorsOfThePrecisionAndOwnKernelsInFloat32(ConvGeometry geometry) {
        float[][] own = computed("fp32", false, geometry, 8);
        float[][] single = computed("fp32", true, geometry, 8);
        float[][] ownTensor = computed("tf32", false, geometry, 8);
        float[][] tensor = computed("tf32", true, geometry, 8);
        for (int i = 0; i < own.length; i++) {
            assertTrue(
                    error(own[i], single[i]) < 2e-6,
                    geometry + ", result " + i + " in fp32: " + error(own[i], single[i]));
            assertArrayEquals(own[i], ownTensor[i]);
            double rounded = error(own[i], tensor[i]);
            assertTrue(rounded < 2e-3 && rounded > 2e-5, geometry + ", result " + i + " in tf32: " + rounded);
        }
    }

    @ParameterizedTest
    @MethodSource("geometries")
    void aCapturedConvolutionGivesTheSameBits(ConvGeometry geometry) {
        try (Backend backend = Backends.open("cuda", CudaContracts.EXACT);
                Convolution plain = new Convolution(backend, geometry, 8);
                Convolution captured = new Convolution(backend, geometry, 8)) {
            plain.submit();
            captured.submit();
            try (Capture capture = backend.capture(0, 1, captured::submit).orElseThrow()) {
                capture.run(0, 0);
                plain.submit();
                assertArrayEquals(plain.results(), captured.results());
            }
        }
    }

    @Test
    void aConvolutionThatIsNewIsNotCaptured() {
        try (Backend backend = Backends.open("cuda", CudaContracts.EXACT);
                Convolution c = new Convolution(backend, ConvGeometry.padded(3, 1, 1, 1), 8)) {
            assertEquals(Optional.empty(), backend.capture(0, 1, c::submit));
            c.submit();
            backend.capture(0, 1, c::submit).orElseThrow().close();
        }
    }
}
