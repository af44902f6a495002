package org.rlr.model.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.example.RingAttention;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.config.GateMode;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.nn.Parameter;
import org.rlr.tensor.nn.ParameterSet;

/** The registry of blocks; the test class path holds one block in addition to the published ones. */
class AttentionBlocksTest {
    private record Named(String name, float weight) implements AttentionBlockProvider {
        @Override
        public boolean usesReference() {
            return false;
        }

        @Override
        public AttentionBlock create(ParameterSet.Prefix names, LevelConfig level) {
            throw new AssertionError("must not be called");
        }
    }

    private static List<String> inOrder(AttentionBlockProvider... providers) {
        return List.copyOf(
                AttentionBlocks.inOrder(Arrays.asList(providers).iterator()).keySet());
    }

    private static void refused(String[] mentions, AttentionBlockProvider... providers) {
        String message =
                assertThrows(RlrException.class, () -> inOrder(providers)).explanation();
        for (String mention : mentions) {
            assertTrue(message.contains(mention), "'" + mention + "' is not in: " + message);
        }
    }

    @Test
    void publishedBlocksComeFirstInTheirOrderThenTheOthersByName() {
        assertEquals(List.of("mca", "ca", "msa", "nsa", "sa", "ring"), AttentionBlocks.names());
        assertEquals(
                List.of("mca", "sa", "alpha", "zeta"),
                inOrder(new Named("zeta", 1), new Named("sa", 1), new Named("alpha", 1), new Named("mca", 2)));
        assertEquals(List.of("mca", "nsa", "ring"), AttentionBlocks.inOrder(List.of("ring", "nsa", "ring", "mca")));
    }

    /** The table of RLR §6. */
    @Test
    void publishedBlocksHaveTheirWeights() {
        assertEquals(
                List.of(2f, 2f, 1f, 1f, 1f),
                AttentionBlocks.PUBLISHED.stream().map(AttentionBlocks::weight).toList());
        assertEquals(
                List.of("mca", "ca", "nsa"),
                AttentionBlocks.PUBLISHED.stream()
                        .filter(AttentionBlocks::usesReference)
                        .toList());
    }

    @Test
    void anUnknownNameIsAnErrorThatListsTheKnownOnes() {
        String message = assertThrows(RlrException.class, () -> AttentionBlocks.inOrder(List.of("mca", "rings")))
                .explanation();
        assertTrue(
                message.contains("'rings'")
                        && message.contains("mca, ca, msa, nsa, sa, ring")
                        && message.contains("class path"),
                message);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "Ring", "0ring", "ring.attention", "a b", "norm1", "ffn"})
    void aNameThatAStateDictCannotHoldIsRefused(String name) {
        refused(new String[] {"'" + name + "'", Named.class.getName(), "lower-case letter"}, new Named(name, 1));
    }

    @Test
    void aNameThatIsTakenIsRefused() {
        refused(
                new String[] {"two attention blocks", "'ring'", Named.class.getName(), RingAttention.class.getName()},
                new RingAttention(),
                new Named("ring", 1));
    }

    @Test
    void aNonFiniteWeightIsRefused() {
        refused(new String[] {"'alpha'", "NaN"}, new Named("alpha", Float.NaN));
    }

    @Test
    void parametersStandUnderTheBlocksNameAndTheGateHasItsColumn() {
        LevelConfig level = LevelConfig.builder(6, 4, 4, 8)
                .heads(2)
                .layers(2)
                .blocks(List.of("ring", "mca"))
                .gate(GateMode.GATE)
                .windowSize(3)
                .build();
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));
                RlrTransformer model = new RlrTransformer(level, backend, false)) {
            List<String> names =
                    model.parameters().all().stream().map(Parameter::name).toList();
            for (int layer = 0; layer < 2; layer++) {
                for (String parameter : List.of("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")) {
                    assertTrue(
                            names.contains("encoder.encode_layers." + layer + ".ring." + parameter), names.toString());
                }
            }
            assertTrue(names.contains("ref_mca"), names.toString());
            Parameter gate = model.parameters().all().stream()
                    .filter(p -> p.name().equals("encoder.gate"))
                    .findFirst()
                    .orElseThrow();
            assertEquals(Shape.of(2, 2), gate.shape());
        }
        assertFalse(AttentionBlocks.usesReference("sa"));
    }

    /** Settings accept any names in any order; building a transformer checks and sorts them. */
    @Test
    void blocksAreCheckedWhereAModelIsBuilt() {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1))) {
            LevelConfig.Builder level = LevelConfig.builder(6, 4, 4, 8).heads(2);
            LevelConfig unsorted = level.blocks(List.of("nsa", "mca", "nsa")).build();
            assertEquals(List.of("nsa", "mca"), unsorted.blocks());
            try (RlrTransformer transformer = new RlrTransformer(unsorted, backend, false)) {
                assertEquals(List.of("mca", "nsa"), transformer.config().blocks());
            }
            LevelConfig unknown = level.blocks(List.of("mca", "xca")).build();
            String message = assertThrows(RlrException.class, () -> new RlrTransformer(unknown, backend, false))
                    .explanation();
            assertTrue(message.contains("'xca'") && message.contains("mca, ca, msa, nsa, sa"), message);
        }
    }
}
