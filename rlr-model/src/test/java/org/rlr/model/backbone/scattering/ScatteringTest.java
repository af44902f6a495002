package org.rlr.model.backbone.scattering;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

class ScatteringTest {
    @Test
    void equalsTheDefinitionInDoublePrecisionAtEachLevel() {
        int height = 16;
        int width = 24;
        float[] rgb = random(height, width, 1);
        int[] scales = {2, 3, 1};
        Scattering scattering = new Scattering(height, width, scales, 4, 2);
        float[][] outs = outputs(scattering);
        scattering.transform(rgb, outs);
        requireEqual(scattering, rgb, scales, 4, outs);
    }

    @Test
    void operationsOfTensorsGiveTheSame() {
        int height = 16;
        int width = 24;
        int[] scales = {1, 3};
        Scattering scattering = new Scattering(height, width, scales, 4, 2);
        float[][] images = {random(height, width, 1), flatWithASpot(height, width)};
        float[] both = Arrays.copyOf(images[0], 2 * images[0].length);
        System.arraycopy(images[1], 0, both, images[0].length, images[1].length);
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS);
                TensorScope scope = TensorScope.inference(backend)) {
            List<Tensor> tensors = scattering.tensors(Tensor.of(both, 2, height, width, 3));
            for (int i = 0; i < images.length; i++) {
                float[][] outs = outputs(scattering);
                for (int level = 0; level < outs.length; level++) {
                    Tensor all = tensors.get(level);
                    assertEquals(
                            Shape.of(2, height >> scales[level], width >> scales[level], scattering.channels(level)),
                            all.shape());
                    outs[level] = all.slice(0, i, 1).toArray();
                }
                requireEqual(scattering, images[i], scales, 4, outs);
            }
            assertThrows(IllegalArgumentException.class, () -> scattering.tensors(Tensor.zeros(1, width, height, 3)));
        }
    }

    private static float[] flatWithASpot(int height, int width) {
        float[] rgb = new float[height * width * 3];
        for (int i = 0; i < rgb.length; i++) {
            boolean spot = Math.abs(i / 3 / width - 6) < 3 && Math.abs(i / 3 % width - 12) < 4;
            rgb[i] = spot ? 0.2f + 0.1f * (i % 3) : 0.8f;
        }
        return rgb;
    }

    /** Compares with the definition in double. */
    private static void requireEqual(
            Scattering scattering, float[] rgb, int[] scales, int orientations, float[]... outs) {
        int height = scattering.outputHeight(0) << scales[0];
        int width = scattering.outputWidth(0) << scales[0];
        NaiveScattering naive = new NaiveScattering(PaddedGrid.of(height, width, 3), orientations);
        for (int level = 0; level < scales.length; level++) {
            int channels = scattering.channels(level);
            double[] expected = naive.transform(rgb, scales[level], 2);
            assertEquals(expected.length, outs[level].length);
            for (int i = 0; i < expected.length; i++) {
                String where = "level " + level + ", token " + i / channels + ", channel " + i % channels;
                if (i % channels < 3) {
                    assertEquals(expected[i], outs[level][i], 1e-6, where);
                } else {
                    // tolerates a relative and an absolute error
                    assertEquals(
                            Math.log(expected[i] + 3e-5), outs[level][i], 2e-6 + 1e-6 / (expected[i] + 3e-5), where);
                }
            }
        }
    }

    @Test
    void theMemoryOfAnImageIsKeptUntilItIsTrimmed() {
        Scattering scattering = new Scattering(64, 64, 3, 8, 2);
        float[] rgb = random(64, 64, 1);
        float[][] outs = outputs(scattering);
        long first = allocating(() -> scattering.transform(rgb, outs));
        long second = allocating(() -> scattering.transform(rgb, outs));
        scattering.trim();
        long third = allocating(() -> scattering.transform(rgb, outs));
        String all = first + ", " + second + " and " + third + " bytes";
        assertTrue(first > 100_000 && second < first / 10 && third > first / 2, all);
    }

    private static long allocating(Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    /**
     * The values are Kymatio's (0.3.0, NumPy): {@code scattering2d} with the filters of {@code Scattering2D(3, (64,
     * 104), 8)}, the low-pass filter multiplied by {@code exp(3.5 i (wx + wy))}, as ours is centred in cells; reduced
     * to our channels. Kymatio cuts off the part of each wavelet that subsampling folds back, which changes a
     * coefficient by up to 1.5 %.
     */
    @Test
    void agreesWithKymatio() {
        double[][] expected = {
            {0, 0, 0, 0.431179},
            {3, 5, 1, -0.006157},
            {7, 11, 2, 0.009555},
            {0, 0, 5, -3.249971},
            {3, 5, 12, -4.567784},
            {7, 11, 22, -5.476466},
            {2, 9, 27, -3.730872},
            {5, 0, 44, -4.272521},
            {4, 4, 58, -5.539239},
            {0, 11, 59, -5.147956},
            {3, 5, 80, -5.379210},
            {4, 7, 100, -6.370363},
            {7, 0, 130, -6.600159}
        };
        int height = 64;
        int width = 104;
        float[] rgb = new float[height * width * 3];
        for (int r = 0; r < height; r++) {
            for (int c = 0; c < width; c++) {
                for (int k = 0; k < 3; k++) {
                    rgb[(r * width + c) * 3 + k] = (r * r + 3 * c * (k + 1) + r * c) % 97 / 96f;
                }
            }
        }
        Scattering scattering = new Scattering(height, width, 3, 8, 2);
        assertEquals(131, scattering.channels(0));
        float[] out = outputs(scattering)[0];
        scattering.transform(rgb, out);
        for (double[] e : expected) {
            float actual = out[((int) e[0] * scattering.outputWidth(0) + (int) e[1]) * 131 + (int) e[2]];
            assertEquals(e[3], actual, e[2] < 3 ? 1e-4 : 0.015, Arrays.toString(e));
        }
    }

    @Test
    void aFlatImageHasItsColourAtOrderZeroAndNothingAbove() {
        float[] rgb = new float[64 * 80 * 3];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = 0.9f;
            rgb[i + 1] = 0.5f;
            rgb[i + 2] = 0.3f;
        }
        Scattering scattering = new Scattering(64, 80, 3, 8, 2);
        float[] out = outputs(scattering)[0];
        scattering.transform(rgb, out);
        float[] order0 = {1.7f / 3, 0.3f, 0.05f};
        for (int i = 0; i < out.length; i++) {
            int channel = i % 131;
            assertEquals(
                    channel < 3 ? order0[channel] : Math.log(3e-5),
                    out[i],
                    channel < 3 ? 1e-6 : 0.02,
                    "channel " + channel);
        }
    }

    @Test
    void aGreyImageHasExactlyNoColour() {
        float[] rgb = random(32, 32, 3);
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i + 1] = rgb[i];
            rgb[i + 2] = rgb[i];
        }
        Scattering scattering = new Scattering(32, 32, 3, 8, 1);
        float[] out = outputs(scattering)[0];
        scattering.transform(rgb, out);
        float nothing = (float) StrictMath.log(Scattering.FLOOR);
        for (int i = 0; i < out.length; i++) {
            int channel = i % scattering.channels(0);
            if (channel == 1 || channel == 2) {
                assertEquals(0f, out[i]);
            } else if (channel >= 27) {
                assertEquals(nothing, out[i]);
            }
        }
    }

    @Test
    void stripesAnswerAtTheirScaleAndOrientation() {
        // vertical stripes of the second scale's frequency, 3 pi / 8: the wave vector lies along the rows, orientation
        // 0
        float[] rgb = new float[64 * 64 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (float) (0.5 + 0.3 * Math.cos(3 * Math.PI / 8 * (i / 3 % 64)));
        }
        Scattering scattering = new Scattering(64, 64, 3, 8, 1);
        float[] out = outputs(scattering)[0];
        scattering.transform(rgb, out);
        int token = (4 * 8 + 4) * scattering.channels(0);
        for (int channel = 3; channel < 27; channel++) {
            assertTrue(channel == 3 + 8 || out[token + channel] < out[token + 3 + 8], "channel " + channel);
        }
        assertEquals(
                Math.log(0.3 / 2 * 0.9725), out[token + 3 + 8], 0.02, "half the amplitude times the filter's peak");
    }

    @Test
    void aSmallShiftChangesLittle() {
        int size = 160;
        float[] large = smooth(size + 1, 7);
        float[] a = new float[size * size * 3];
        float[] b = new float[size * size * 3];
        for (int r = 0; r < size; r++) {
            System.arraycopy(large, r * (size + 1) * 3, a, r * size * 3, size * 3);
            System.arraycopy(large, (r * (size + 1) + 1) * 3, b, r * size * 3, size * 3);
        }
        Scattering scattering = new Scattering(size, size, 4, 8, 2);
        float[] outA = outputs(scattering)[0];
        float[] outB = outputs(scattering)[0];
        scattering.transform(a, outA);
        scattering.transform(b, outB);
        int channels = scattering.channels(0);
        double features = relativeDistance(inner(outA, 10, channels), inner(outB, 10, channels), channels);
        double pixels = relativeDistance(a, b, 3);
        assertTrue(
                features < 0.25 * pixels,
                "features moved by " + features + ", pixels by " + pixels + " of their deviation");
    }

    /** The tokens away from the border, where the shift brings in new pixels. */
    private static float[] inner(float[] tokens, int side, int channels) {
        float[] result = new float[(side - 2) * (side - 2) * channels];
        for (int y = 0; y < side - 2; y++) {
            System.arraycopy(
                    tokens, ((y + 1) * side + 1) * channels, result, y * (side - 2) * channels, (side - 2) * channels);
        }
        return result;
    }

    @Test
    void bordersAreLikeTheInterior() {
        // white noise has the same statistics everywhere; border tokens must have about those of the others, without
        // artefacts of a frame
        int runs = 12;
        Scattering scattering = new Scattering(64, 64, 3, 8, 2);
        int channels = scattering.channels(0);
        double[] border = new double[channels];
        double[] interior = new double[channels];
        for (int run = 0; run < runs; run++) {
            float[] out = outputs(scattering)[0];
            scattering.transform(random(64, 64, 50 + run), out);
            for (int y = 0; y < 8; y++) {
                for (int x = 0; x < 8; x++) {
                    boolean outer = y == 0 || x == 0 || y == 7 || x == 7;
                    for (int c = 0; c < channels; c++) {
                        (outer ? border : interior)[c] += out[(y * 8 + x) * channels + c] / runs / (outer ? 28 : 36);
                    }
                }
            }
        }
        for (int c = 0; c < channels; c++) {
            assertEquals(interior[c], border[c], c < 3 ? 0.02 : 0.2, "channel " + c);
        }
    }

    @Test
    void theResultIsTheSameBitsForAnyNumberOfThreadsAndAnyEarlierImage() throws Exception {
        int[] scales = {3, 4};
        List<float[]> images = new ArrayList<>();
        List<float[][]> expected = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            images.add(random(64, 96, i));
            Scattering fresh = new Scattering(64, 96, scales, 8, 2);
            float[][] outs = outputs(fresh);
            fresh.transform(images.get(i), outs);
            expected.add(outs);
        }
        Scattering shared = new Scattering(64, 96, scales, 8, 2);
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<float[][]>> results = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                float[] image = images.get(i % 8);
                results.add(pool.submit(() -> {
                    float[][] outs = outputs(shared);
                    shared.transform(image, outs);
                    return outs;
                }));
            }
            for (int i = 0; i < 32; i++) {
                float[][] outs = results.get(i).get();
                assertArrayEquals(expected.get(i % 8)[0], outs[0]);
                assertArrayEquals(expected.get(i % 8)[1], outs[1]);
            }
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void sizesAreAsStated() {
        Scattering scattering = new Scattering(128, 192, new int[] {1, 2, 3, 4, 5}, 8, 2);
        int[] channels = {11, 59, 131, 227, 347};
        for (int level = 0; level < channels.length; level++) {
            assertEquals(channels[level], scattering.channels(level));
            assertEquals(channels[level], Scattering.channels(level + 1, 8, 2));
            assertEquals(64 >> level, scattering.outputHeight(level));
            assertEquals(96 >> level, scattering.outputWidth(level));
        }
        for (float[] out : outputs(scattering)) {
            Arrays.fill(out, 0);
        }
        float[][] outs = outputs(scattering);
        scattering.transform(random(128, 192, 9), outs);
        for (float[] out : outs) {
            for (float value : out) {
                assertTrue(Float.isFinite(value), "every channel is written");
            }
        }
    }

    @Test
    void wrongArgumentsAreNamed() {
        assertThrows(IllegalArgumentException.class, () -> new Scattering(60, 64, 3, 8, 2));
        assertThrows(IllegalArgumentException.class, () -> new Scattering(64, 0, 3, 8, 2));
        assertThrows(IllegalArgumentException.class, () -> new Scattering(64, 64, 0, 8, 2));
        assertThrows(IllegalArgumentException.class, () -> new Scattering(64, 64, new int[0], 8, 2));
        assertThrows(IllegalArgumentException.class, () -> new Scattering(64, 64, 3, 7, 2));
        assertThrows(IllegalArgumentException.class, () -> new Scattering(64, 64, 3, 8, 3));
        Scattering scattering = new Scattering(32, 32, 3, 8, 0);
        float[] out = outputs(scattering)[0];
        assertEquals(4 * 4 * 3, out.length);
        assertThrows(IllegalArgumentException.class, () -> scattering.transform(new float[32 * 32], out));
        assertThrows(IllegalArgumentException.class, () -> scattering.transform(new float[32 * 32 * 3], new float[1]));
        assertThrows(IllegalArgumentException.class, () -> scattering.transform(new float[32 * 32 * 3], out, out));
    }

    private static float[][] outputs(Scattering scattering) {
        float[][] outs = new float[scattering.levels()][];
        for (int i = 0; i < outs.length; i++) {
            outs[i] = new float[scattering.outputHeight(i) * scattering.outputWidth(i) * scattering.channels(i)];
            Arrays.fill(outs[i], Float.NaN);
        }
        return outs;
    }

    private static float[] random(int height, int width, long seed) {
        Random random = new Random(seed);
        float[] rgb = new float[height * width * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = random.nextFloat();
        }
        return rgb;
    }

    /** Coloured noise averaged over 3 x 3 pixels. */
    private static float[] smooth(int size, long seed) {
        float[] noise = random(size + 2, size + 2, seed);
        float[] rgb = new float[size * size * 3];
        for (int r = 0; r < size; r++) {
            for (int c = 0; c < size; c++) {
                for (int k = 0; k < 3; k++) {
                    for (int d = 0; d < 9; d++) {
                        rgb[(r * size + c) * 3 + k] += noise[((r + d / 3) * (size + 2) + c + d % 3) * 3 + k] / 9;
                    }
                }
            }
        }
        return rgb;
    }

    /** Root mean square difference over the standard deviation, averaged over channels. */
    private static double relativeDistance(float[] a, float[] b, int channels) {
        ChannelStatistics statistics = new ChannelStatistics(channels);
        statistics.add(a);
        float[] mean = statistics.mean();
        float[] deviation = statistics.standardDeviation(1e-6f);
        float[] x = a.clone();
        float[] y = b.clone();
        ChannelStatistics.standardise(x, mean, deviation);
        ChannelStatistics.standardise(y, mean, deviation);
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += (x[i] - y[i]) * (x[i] - y[i]);
        }
        return Math.sqrt(sum / x.length);
    }
}
