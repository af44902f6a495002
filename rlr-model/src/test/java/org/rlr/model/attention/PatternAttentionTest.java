package org.rlr.model.attention;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.rlr.model.KernelSets;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;

/** {@link PatternAttention}: the composed path against the backend's kernels, and against explicit sums. */
class PatternAttentionTest {
    private static final int HEADS = 2;
    private static final int D = 6;
    private static final int IMAGES = 3;

    /** Output, gradients of q, k and v. */
    @SuppressWarnings("try") // the scope only has to be open
    private static List<float[]> run(
            Backend backend, PatternAttention attention, int tokens, int keyImages, int valueImages) {
        Random random = new Random(5);
        float[] q = BlockRun.normal(random, IMAGES * tokens * D);
        float[] k = BlockRun.normal(random, keyImages * tokens * D);
        float[] v = BlockRun.normal(random, valueImages * tokens * D);
        float[] w = BlockRun.normal(random, q.length);
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor tq = Tensor.of(q, IMAGES, tokens, D).setRequiresGrad();
            Tensor tk = Tensor.of(k, keyImages, tokens, D).setRequiresGrad();
            Tensor tv = Tensor.of(v, valueImages, tokens, D).setRequiresGrad();
            Tensor y = attention.attend(tq, tk, tv);
            y.mul(Tensor.of(w, IMAGES, tokens, D)).sum().backward();
            return List.of(
                    y.toArray(),
                    tq.grad().toArray(),
                    tk.grad().toArray(),
                    tv.grad().toArray());
        }
    }

    @ParameterizedTest
    @FieldSource("org.rlr.model.KernelSets#NAMES")
    void theComposedPathEqualsTheKernelsForWindows(String kernels) {
        List<GridPattern> patterns = List.of(
                GridPattern.all(),
                GridPattern.inside(3),
                GridPattern.outside(3),
                GridPattern.outside(5),
                GridPattern.outside(9));
        try (Backend backend = KernelSets.open(kernels)) {
            for (GridPattern pattern : patterns) {
                for (int[] images : new int[][] {{IMAGES, IMAGES}, {1, 1}, {1, IMAGES}, {IMAGES, 1}}) {
                    List<float[]> fused =
                            run(backend, new PatternAttention(pattern, HEADS, 3, 4, true), 12, images[0], images[1]);
                    List<float[]> composed =
                            run(backend, new PatternAttention(pattern, HEADS, 3, 4, false), 12, images[0], images[1]);
                    for (int i = 0; i < fused.size(); i++) {
                        assertArrayEquals(fused.get(i), composed.get(i), 2e-5f, pattern + ", tensor " + i);
                    }
                }
            }
            assertEquals(0, backend.memory().used(), "leaked");
        }
    }

    /** Softmax over only the allowed keys, in double precision. */
    @ParameterizedTest
    @FieldSource("org.rlr.model.KernelSets#NAMES")
    @SuppressWarnings("try") // the scope only has to be open
    void anyPatternEqualsExplicitSums(String kernels) {
        List<GridPattern> patterns = List.of(
                GridPattern.axial(),
                GridPattern.dilated(3, 2),
                GridPattern.ring(1, 3),
                GridPattern.axial().negate(),
                (row, column, keyRow, keyColumn) -> row > 0 && keyRow < row);
        int height = 4;
        int width = 3;
        int tokens = height * width;
        float[] q = BlockRun.normal(new Random(1), IMAGES * tokens * D);
        float[] k = BlockRun.normal(new Random(2), tokens * D);
        float[] v = BlockRun.normal(new Random(3), IMAGES * tokens * D);
        try (Backend backend = KernelSets.open(kernels)) {
            for (GridPattern pattern : patterns) {
                PatternAttention attention = new PatternAttention(
                        pattern,
                        LevelConfig.builder(4, height, width, 4 * HEADS)
                                .heads(HEADS)
                                .layers(1)
                                .blocks(List.of("sa"))
                                .windowSize(3)
                                .build());
                try (TensorScope scope = TensorScope.inference(backend)) {
                    float[] y = attention
                            .attend(
                                    Tensor.of(q, IMAGES, tokens, D),
                                    Tensor.of(k, 1, tokens, D),
                                    Tensor.of(v, IMAGES, tokens, D))
                            .toArray();
                    assertArrayEquals(expected(pattern, height, width, q, k, v), y, 1e-5f);
                }
                assertEquals(0, backend.memory().used(), "leaked");
            }
        }
    }

    private static float[] expected(GridPattern pattern, int height, int width, float[] q, float[] k, float[] v) {
        int tokens = height * width;
        int channels = D / HEADS;
        float[] y = new float[q.length];
        for (int n = 0; n < IMAGES; n++) {
            for (int i = 0; i < tokens; i++) {
                for (int h = 0; h < D; h += channels) {
                    double total = 0;
                    double[] sum = new double[channels];
                    for (int j = 0; j < tokens; j++) {
                        if (pattern.allows(i / width, i % width, j / width, j % width)) {
                            double score = 0;
                            for (int c = h; c < h + channels; c++) {
                                score += (double) q[(n * tokens + i) * D + c] * k[j * D + c];
                            }
                            double weight = Math.exp(score / Math.sqrt(channels));
                            total += weight;
                            for (int c = 0; c < channels; c++) {
                                sum[c] += weight * v[(n * tokens + j) * D + h + c];
                            }
                        }
                    }
                    for (int c = 0; c < channels; c++) {
                        y[(n * tokens + i) * D + h + c] = total == 0 ? 0 : (float) (sum[c] / total);
                    }
                }
            }
        }
        return y;
    }

    /** Drawn patterns: the query in the middle of a 7×7 grid, # where it may attend. */
    @ParameterizedTest
    @CsvSource({
        "inside,'....... ....... ..###.. ..###.. ..###.. ....... .......'",
        "outside,'####### ####### ##...## ##...## ##...## ####### #######'",
        "dilated,'....... .#.#.#. ....... .#.#.#. ....... .#.#.#. .......'",
        "ring,'....... .#####. .#...#. .#...#. .#...#. .#####. .......'",
        "axial,'...#... ...#... ...#... ####### ...#... ...#... ...#...'",
        "both,'....... ....... ...#... ..###.. ...#... ....... .......'",
        "either,'...#... ...#... ..###.. ####### ..###.. ...#... ...#...'",
        "not,'###.### ###.### ###.### ....... ###.### ###.### ###.###'"
    })
    void patternsLookLikeTheirNames(String name, String drawing) {
        GridPattern window = GridPattern.inside(3);
        GridPattern pattern = switch (name) {
            case "inside" -> window;
            case "outside" -> window.negate();
            case "dilated" -> GridPattern.dilated(3, 2);
            case "ring" -> GridPattern.ring(3, 5);
            case "axial" -> GridPattern.axial();
            case "both" -> GridPattern.axial().and(window);
            case "either" -> GridPattern.axial().or(window);
            default -> GridPattern.axial().negate();
        };
        StringBuilder actual = new StringBuilder();
        for (int i = 0; i < 49; i++) {
            actual.append(i > 0 && i % 7 == 0 ? " " : "").append(pattern.allows(3, 3, i / 7, i % 7) ? '#' : '.');
        }
        assertEquals(drawing, actual.toString());
    }

    @Test
    void invalidPatternsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> GridPattern.inside(0));
        assertThrows(IllegalArgumentException.class, () -> GridPattern.dilated(3, 0));
        String ring = assertThrows(IllegalArgumentException.class, () -> GridPattern.ring(5, 5))
                .getMessage();
        assertTrue(ring.contains("5") && ring.contains("at least 6"), ring);
        ResourceException large = assertThrows(
                ResourceException.class, () -> new PatternAttention(GridPattern.axial(), HEADS, 256, 512, true));
        assertTrue(large.getMessage().contains("512×256"), large.getMessage());
        assertTrue(large.remedy().contains("`imageSize`"), large.remedy());
    }

    @Test
    @SuppressWarnings("try") // the scope only has to be open
    void shapesThatDoNotFitAreRefused() {
        PatternAttention attention = new PatternAttention(GridPattern.axial(), HEADS, 2, 2, true);
        try (Backend backend = KernelSets.open("scalar");
                TensorScope scope = TensorScope.inference(backend)) {
            Tensor q = Tensor.zeros(2, 4, D);
            for (Tensor wrong : List.of(
                    Tensor.zeros(2, 5, D), Tensor.zeros(3, 4, D), Tensor.zeros(2, 4, D + 2), Tensor.zeros(4, D))) {
                String message = assertThrows(IllegalArgumentException.class, () -> attention.attend(q, wrong, q))
                        .getMessage();
                assertTrue(message.contains(wrong.shape().toString()), message);
                assertThrows(IllegalArgumentException.class, () -> attention.attend(q, q, wrong));
            }
        }
    }
}
