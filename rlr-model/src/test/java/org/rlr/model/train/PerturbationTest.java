package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.model.config.TrainingSettings;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

class PerturbationTest {
    private static final int IMAGES = 3;
    private static final int CHANNELS = 6;

    private Backend backend;

    @BeforeEach
    void open() {
        backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
    }

    @AfterEach
    void close() {
        assertEquals(0, backend.memory().used(), "leaked");
        backend.close();
    }

    private static TrainingSettings settings(long seed, float jitter, float probability, boolean mask) {
        return TrainingSettings.builder()
                .epochs(1)
                .batchSize(1)
                .seed(seed)
                .featureJitter(jitter)
                .noiseProb(probability)
                .maskTokens(mask)
                .build();
    }

    private float[] apply(TrainingSettings settings, float[] x, int tokens, long step, int level) {
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor input = Tensor.of(x, x.length / tokens / CHANNELS, tokens, CHANNELS);
            Perturbation perturbation = new Perturbation(settings);
            float[] chosen = perturbation.chosen(input.dim(0), tokens, step, level);
            float[] y = perturbation
                    .apply(input, chosen == null ? null : Tensor.of(chosen, input.dim(0), tokens), step, level)
                    .toArray();
            assertArrayEquals(x, input.toArray(), "the loss still needs the input as it was");
            return y;
        }
    }

    /** Returns normal random numbers, none of them zero. */
    private static float[] tokens(int count) {
        SplittableRandom random = new SplittableRandom(5);
        float[] x = new float[IMAGES * count * CHANNELS];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (random.nextDouble(0.5, 2) * (random.nextBoolean() ? 1 : -1));
        }
        return x;
    }

    /** Returns for each image which tokens are bit-identical. */
    private static boolean[][] untouched(float[] x, float[] y, int tokens) {
        boolean[][] same = new boolean[IMAGES][tokens];
        for (int i = 0; i < IMAGES * tokens; i++) {
            same[i / tokens][i % tokens] =
                    Arrays.equals(x, i * CHANNELS, (i + 1) * CHANNELS, y, i * CHANNELS, (i + 1) * CHANNELS);
        }
        return same;
    }

    private static int count(boolean[] flags) {
        int n = 0;
        for (boolean flag : flags) {
            n += flag ? 1 : 0;
        }
        return n;
    }

    @ParameterizedTest
    @CsvSource({
        "64,0.5,32",
        "64,0.3,19",
        "10,0.7,7",
        "10,0.3,3",
        "10,0.29,2",
        "49,0.999,48",
        "49,1,49",
        "49,0,0",
        "1000,0.001,1"
    })
    void maskingZeroesThatShareOfEveryImagesTokensRoundedDown(int tokens, float p, int masked) {
        float[] x = tokens(tokens);
        float[] y = apply(settings(1, 4, p, true), x, tokens, 0, 0);
        boolean[][] same = untouched(x, y, tokens);
        for (int image = 0; image < IMAGES; image++) {
            assertEquals(tokens - masked, count(same[image]), "tokens left in image " + image);
            for (int t = 0; t < tokens; t++) {
                if (!same[image][t]) {
                    int at = (image * tokens + t) * CHANNELS;
                    for (int c = 0; c < CHANNELS; c++) {
                        assertTrue(y[at + c] == 0, "value " + y[at + c]);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"64,0.5,32", "64,0.3,44", "10,0.3,7", "10,0.9,1", "10,0.29,7", "49,1,0", "49,0,49", "1000,0.001,999"})
    void jitterLeavesTheOtherShareOfTokensCleanRoundedDown(int tokens, float p, int clean) {
        float[] x = tokens(tokens);
        boolean[][] same = untouched(x, apply(settings(1, 4, p, false), x, tokens, 0, 0), tokens);
        for (int image = 0; image < IMAGES; image++) {
            assertEquals(clean, count(same[image]), "clean tokens of image " + image);
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void theChoiceDiffersByImageStepLevelAndSeedAndIsReproducible(boolean mask) {
        int tokens = 64;
        float[] x = tokens(tokens);
        TrainingSettings settings = settings(1, 4, 0.5f, mask);
        float[] y = apply(settings, x, tokens, 7, 1);
        assertArrayEquals(y, apply(settings, x, tokens, 7, 1));
        boolean[][] choice = untouched(x, y, tokens);
        assertFalse(Arrays.equals(choice[0], choice[1])
                || Arrays.equals(choice[1], choice[2])
                || Arrays.equals(choice[0], choice[2]));
        for (float[] other : new float[][] {
            apply(settings, x, tokens, 8, 1),
            apply(settings, x, tokens, 7, 0),
            apply(settings(2, 4, 0.5f, mask), x, tokens, 7, 1)
        }) {
            assertFalse(Arrays.deepEquals(choice, untouched(x, other, tokens)));
        }
    }

    /** No token is preferred: over many steps all are chosen about equally often. */
    @Test
    void everyTokenIsChosenEquallyOften() {
        int tokens = 16;
        float[] x = tokens(tokens);
        int steps = 1000;
        int[] masked = new int[tokens];
        for (int step = 0; step < steps; step++) {
            boolean[][] same = untouched(x, apply(settings(3, 4, 0.25f, true), x, tokens, step, 0), tokens);
            for (boolean[] image : same) {
                for (int t = 0; t < tokens; t++) {
                    masked[t] += image[t] ? 0 : 1;
                }
            }
        }
        double expected = steps * IMAGES * 0.25;
        double deviation = Math.sqrt(steps * IMAGES * 0.25 * 0.75);
        for (int count : masked) {
            assertEquals(expected, count, 5 * deviation, Arrays.toString(masked));
        }
    }

    /** {@code (y − x) / (s·‖x‖/C)} is a standard normal number for every value, with tokens of any norm. */
    @Test
    void noiseIsNormalWithTheTokensNormTimesScaleByChannelsAsDeviation() {
        int tokens = 5000;
        float[] x = tokens(tokens);
        for (int i = 0; i < x.length; i++) {
            x[i] *= 1 + i / CHANNELS % 10;
        }
        float scale = 4;
        float[] y = apply(settings(9, scale, 1, false), x, tokens, 0, 0);
        double[] moments = new double[5];
        for (int token = 0; token < IMAGES * tokens; token++) {
            double squares = 0;
            for (int c = 0; c < CHANNELS; c++) {
                squares += (double) x[token * CHANNELS + c] * x[token * CHANNELS + c];
            }
            for (int c = 0; c < CHANNELS; c++) {
                double z =
                        (y[token * CHANNELS + c] - x[token * CHANNELS + c]) / (scale * Math.sqrt(squares) / CHANNELS);
                for (int m = 1; m < moments.length; m++) {
                    moments[m] += Math.pow(z, m) / x.length;
                }
            }
        }
        // five times the deviation of each moment's estimate, which is sqrt((E z^2m - (E z^m)^2) / n)
        double root = 5 / Math.sqrt(x.length);
        assertEquals(0, moments[1], root);
        assertEquals(1, moments[2], root * Math.sqrt(2));
        assertEquals(0, moments[3], root * Math.sqrt(15));
        assertEquals(3, moments[4], root * Math.sqrt(96));
    }

    @Test
    void noJitterIsNoChange() {
        float[] x = tokens(8);
        assertArrayEquals(x, apply(settings(1, 0, 1, false), x, 8, 0, 0));
    }
}
