package org.rlr.model.attention;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.nn.Parameter;

/**
 * Requirements for every attention block: extend this class, and give the provider and the pattern. For smooth blocks
 * only: gradients are compared with central differences of the block itself, in single precision.
 */
public abstract class AttentionBlockContract {
    private static final double STEP = 1e-2;
    /** Relative to the largest gradient with respect to the same tensor. */
    private static final double TOLERANCE = 1e-2;
    /** Relative to the largest of all gradients: rounding of the outputs, divided by the step. */
    private static final double NOISE = 1e-3;

    /** The provider of the block; it must also be found by its name. */
    protected abstract AttentionBlockProvider provider();

    /** The keys that a query may attend to; a block that restricts them further fails. */
    protected abstract GridPattern pattern(LevelConfig level);

    /** The backend that computes the block; the tests close it. */
    protected Backend open() {
        return Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(2));
    }

    /** Blocks that a model must have in addition if its reference has several chunks. */
    protected List<String> beside() {
        return List.of();
    }

    private LevelConfig level(int height, int width, int windowSize, int refLen) {
        List<String> blocks = new ArrayList<>(beside());
        blocks.add(provider().name());
        return LevelConfig.builder(6, height, width, 8)
                .heads(2)
                .layers(2)
                .blocks(blocks)
                .refLen(refLen)
                .windowSize(windowSize)
                .build();
    }

    /**
     * Square and oblong grids, windows that leave most of them free and windows that cover them, one chunk and several.
     */
    private List<LevelConfig> levels() {
        return List.of(level(4, 4, 3, 1), level(3, 5, 3, 1), level(3, 2, 5, 1), level(1, 6, 5, 1), level(3, 4, 3, 3));
    }

    private BlockRun run(Backend backend, LevelConfig level, int images, long seed) {
        return new BlockRun(provider(), backend, level, images, seed);
    }

    @Test
    void isFoundByItsName() {
        assertTrue(
                AttentionBlocks.names().contains(provider().name()),
                () -> provider().name() + " is not among " + AttentionBlocks.names()
                        + "; its provider must be listed in META-INF/services/"
                        + AttentionBlockProvider.class.getName());
        assertSame(
                provider().getClass(),
                AttentionBlocks.provider(provider().name()).getClass());
    }

    @Test
    void givesOneFiniteRowOfTheModelsWidthPerToken() {
        try (Backend backend = open()) {
            for (LevelConfig level : levels()) {
                for (int images : new int[] {1, 2, 5}) {
                    try (BlockRun run = run(backend, level, images, 1)) {
                        float[] y = run.forward();
                        assertEquals(
                                List.of(images, level.tokens(), level.modelWidth()), run.shape(), level.toString());
                        for (float value : y) {
                            assertTrue(Float.isFinite(value), () -> "an output of " + value + ", " + level);
                        }
                    }
                }
            }
        }
    }

    @Test
    void anImageDoesNotReachAnotherOfItsBatch() {
        try (Backend backend = open()) {
            for (LevelConfig level : levels()) {
                try (BlockRun three = run(backend, level, 3, 2)) {
                    float[] together = three.forward();
                    for (int image = 0; image < 3; image++) {
                        try (BlockRun one = run(backend, level, 1, 2)) {
                            int length = level.tokens() * level.modelWidth();
                            System.arraycopy(three.tokens, image * length, one.tokens, 0, length);
                            float[] alone = one.forward();
                            for (int i = 0; i < length; i++) {
                                assertEquals(
                                        alone[i],
                                        together[image * length + i],
                                        1e-5f * Math.max(1, Math.abs(alone[i])),
                                        "image " + image + " of 3, " + level);
                            }
                        }
                    }
                }
            }
        }
    }

    @Test
    void givesTheSameBitsAgain() {
        try (Backend backend = open()) {
            for (LevelConfig level : levels()) {
                try (BlockRun first = run(backend, level, 2, 3);
                        BlockRun second = run(backend, level, 2, 3)) {
                    assertArrayEquals(first.forward(), second.forward(), level.toString());
                    assertArrayEquals(first.forward(), second.forward(), level.toString());
                    float[] weights = first.weights(3);
                    List<float[]> gradients = first.gradients(weights);
                    List<float[]> again = second.gradients(weights);
                    for (int i = 0; i < gradients.size(); i++) {
                        assertArrayEquals(
                                gradients.get(i), again.get(i), "gradient of " + first.name(i) + ", " + level);
                    }
                }
            }
        }
    }

    @Test
    void gradientsAreThoseOfCentralDifferences() {
        try (Backend backend = open()) {
            for (LevelConfig level : levels()) {
                try (BlockRun run = run(backend, level, 2, 4)) {
                    float[] weights = run.weights(4);
                    List<float[]> gradients = run.gradients(weights);
                    List<double[]> differences = new ArrayList<>();
                    double largest = 1e-3;
                    for (int i = 0; i < gradients.size(); i++) {
                        differences.add(run.differences(i, STEP, weights));
                        largest = Math.max(largest, max(differences.get(i)));
                    }
                    for (int i = 0; i < gradients.size(); i++) {
                        double[] expected = differences.get(i);
                        double allowed = TOLERANCE * max(expected) + NOISE * largest;
                        for (int j = 0; j < expected.length; j++) {
                            assertEquals(
                                    expected[j],
                                    gradients.get(i)[j],
                                    allowed,
                                    "gradient of " + run.name(i) + " at " + j + ", " + level);
                        }
                    }
                }
            }
        }
    }

    /**
     * Row by row: no gradient from forbidden keys, some from every allowed key. Rows without allowed keys are all equal
     * to one constant, and have no gradient.
     */
    @Test
    void aTokenSeesWhatThePatternAllowsAndNothingElse() {
        try (Backend backend = open()) {
            for (LevelConfig level : levels()) {
                GridPattern pattern = pattern(level);
                float[] nothing = null;
                try (BlockRun run = run(backend, level, 2, 5)) {
                    float[] y = run.forward();
                    for (int row = 0; row < level.tokens(); row++) {
                        boolean[] allowed = allowed(pattern, level, row);
                        boolean[] seen = run.seen(row);
                        boolean any = false;
                        for (int key = 0; key < allowed.length; key++) {
                            any |= allowed[key];
                            String what = "token " + row + (seen[key] ? " sees position " : " does not see position ")
                                    + key + ", " + level;
                            // a token also depends on its own query
                            assertTrue(seen[key] == allowed[key] || key == row, what);
                        }
                        if (!any) {
                            int own = row;
                            assertTrue(
                                    !seen[row],
                                    () -> "token " + own + ", which may attend to nothing, sees itself, " + level);
                            for (int image = 0; image < 2; image++) {
                                float[] output = run.row(y, image, row);
                                nothing = nothing == null ? output : nothing;
                                assertArrayEquals(
                                        nothing, output, "outputs of tokens that may attend to nothing, " + level);
                            }
                        }
                    }
                }
            }
        }
    }

    private static boolean[] allowed(GridPattern pattern, LevelConfig level, int row) {
        boolean[] allowed = new boolean[level.tokens()];
        for (int key = 0; key < allowed.length; key++) {
            allowed[key] = pattern.allows(
                    row / level.gridWidth(), row % level.gridWidth(), key / level.gridWidth(), key % level.gridWidth());
        }
        return allowed;
    }

    /**
     * A block that caches tensors derived from the reference under a key that layers share would get another layer's.
     */
    @Test
    void blocksOfTwoLayersDoNotShareWhatTheyDeriveFromTheReference() {
        try (Backend backend = open()) {
            for (LevelConfig level : levels()) {
                try (BlockRun run = run(backend, level, 2, 6)) {
                    float[] alone = run.forwardOfTheSecond(false);
                    assertArrayEquals(
                            alone,
                            run.forwardOfTheSecond(true),
                            "a block computes other values if the block of another layer was asked first, " + level);
                }
            }
        }
    }

    @Test
    void aModelReconstructsTheSameInInferenceAsInTrainingAndReleasesItsMemory() {
        try (Backend backend = open()) {
            for (LevelConfig level : levels()) {
                float[] x = BlockRun.normal(new Random(7), 2 * level.tokens() * level.channels());
                float[] trained;
                try (RlrTransformer training = new RlrTransformer(level, backend, true);
                        RlrTransformer inference = new RlrTransformer(level, backend, false)) {
                    training.parameters().initialize(7);
                    inference.parameters().copyFrom(training.parameters());
                    try (TensorScope scope = TensorScope.open(backend)) {
                        assertSame(scope, TensorScope.current());
                        Tensor y = training.forward(Tensor.of(x, 2, level.tokens(), level.channels()));
                        trained = y.toArray();
                        y.mul(y).sum().backward();
                    }
                    for (Parameter p : training.parameters().all()) {
                        assertNotNull(p.tensor().grad(), p.name());
                    }
                    for (int time = 0; time < 2; time++) {
                        try (TensorScope scope = TensorScope.inference(backend)) {
                            assertSame(scope, TensorScope.current());
                            float[] y = inference
                                    .reconstruct(Tensor.of(x, 2, level.tokens(), level.channels()))
                                    .toArray();
                            assertArrayEquals(trained, y, 1e-4f, "reconstruction " + time + ", " + level);
                        }
                    }
                }
                assertEquals(0, backend.memory().used(), "leaked bytes, " + level);
            }
        }
    }

    private static double max(double[] values) {
        double max = 0;
        for (double value : values) {
            max = Math.max(max, Math.abs(value));
        }
        return max;
    }
}
