package org.rlr.model.attention;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.nn.MultiHeadAttention;
import org.rlr.tensor.nn.ParameterSet;

/** The contract detects faulty blocks. */
class AttentionBlockContractTest {
    private interface Forward {
        Tensor of(MultiHeadAttention projections, PatternAttention attention, Tensor tokens, Reference reference);
    }

    /** A block with the name of a published one, so that configurations with it are valid. */
    private record Made(String name, boolean usesReference, GridPattern attended, Forward forward)
            implements AttentionBlockProvider {
        @Override
        public AttentionBlock create(ParameterSet.Prefix names, LevelConfig level) {
            MultiHeadAttention projections = new MultiHeadAttention(names, level.modelWidth());
            PatternAttention attention = new PatternAttention(attended, level);
            return (tokens, reference) -> forward.of(projections, attention, tokens, reference);
        }
    }

    private static final class Contract extends AttentionBlockContract {
        private final AttentionBlockProvider provider;
        private final GridPattern promised;

        Contract(AttentionBlockProvider provider, GridPattern promised) {
            this.provider = provider;
            this.promised = promised;
        }

        @Override
        protected AttentionBlockProvider provider() {
            return provider;
        }

        @Override
        protected GridPattern pattern(LevelConfig level) {
            return promised;
        }
    }

    private static Tensor self(MultiHeadAttention p, PatternAttention attention, Tensor x) {
        return p.output(attention.attend(p.query(x), p.key(x), p.value(x)));
    }

    private static void found(
            Consumer<AttentionBlockContract> test, GridPattern promised, Forward forward, String... mentions) {
        Contract contract = new Contract(new Made("sa", false, GridPattern.axial(), forward), promised);
        String message =
                assertThrows(AssertionError.class, () -> test.accept(contract)).getMessage();
        for (String mention : mentions) {
            assertTrue(message.contains(mention), message);
        }
    }

    @Test
    void aBlockThatIsNotTheOneOfItsNameIsFound() {
        found(AttentionBlockContract::isFoundByItsName, GridPattern.axial(), (p, a, x, r) -> self(p, a, x));
    }

    @Test
    void aCorrectBlockPasses() {
        Contract contract = new Contract(
                new Made("sa", false, GridPattern.axial(), (p, a, x, r) -> self(p, a, x)), GridPattern.axial());
        contract.givesOneFiniteRowOfTheModelsWidthPerToken();
        contract.anImageDoesNotReachAnotherOfItsBatch();
        contract.givesTheSameBitsAgain();
        contract.gradientsAreThoseOfCentralDifferences();
        contract.aTokenSeesWhatThePatternAllowsAndNothingElse();
        contract.blocksOfTwoLayersDoNotShareWhatTheyDeriveFromTheReference();
    }

    @Test
    void anotherShapeIsFound() {
        found(
                AttentionBlockContract::givesOneFiniteRowOfTheModelsWidthPerToken,
                GridPattern.axial(),
                (p, a, x, r) -> self(p, a, x).slice(1, 0, 1),
                "expected");
    }

    @Test
    void aMixtureOfImagesIsFound() {
        found(
                AttentionBlockContract::anImageDoesNotReachAnotherOfItsBatch,
                GridPattern.axial(),
                (p, a, x, r) -> self(p, a, x).add(x.mean(0)),
                "of 3");
    }

    @Test
    void randomResultsAreFound() {
        Random random = new Random(1);
        found(
                AttentionBlockContract::givesTheSameBitsAgain,
                GridPattern.axial(),
                (p, a, x, r) -> self(p, a, x).affine(1, random.nextFloat()),
                "array contents differ");
    }

    @Test
    void aGradientThatIsLostIsFound() {
        found(
                AttentionBlockContract::gradientsAreThoseOfCentralDifferences,
                GridPattern.axial(),
                (p, a, x, r) ->
                        self(p, a, x).add(Tensor.of(x.toArray(), x.shape().toArray())),
                "gradient of the tokens");
        found(
                AttentionBlockContract::gradientsAreThoseOfCentralDifferences,
                GridPattern.axial(),
                (p, a, x, r) -> {
                    Tensor q = p.query(x);
                    return p.output(a.attend(Tensor.of(q.toArray(), q.shape().toArray()), p.key(x), p.value(x)));
                },
                "gradient of");
    }

    @Test
    void anotherPatternThanPromisedIsFound() {
        found(
                AttentionBlockContract::aTokenSeesWhatThePatternAllowsAndNothingElse,
                GridPattern.ring(1, 3),
                (p, a, x, r) -> self(p, a, x),
                " sees position ");
        found(
                AttentionBlockContract::aTokenSeesWhatThePatternAllowsAndNothingElse,
                GridPattern.all(),
                (p, a, x, r) -> self(p, a, x),
                " does not see position ");
    }

    @Test
    void aShortcutAroundTheAttentionIsFound() {
        GridPattern nothing = (row, column, keyRow, keyColumn) -> false;
        Contract contract = new Contract(
                new Made("sa", false, nothing, (p, a, x, r) -> self(p, a, x).add(x)), nothing);
        String message = assertThrows(AssertionError.class, contract::aTokenSeesWhatThePatternAllowsAndNothingElse)
                .getMessage();
        assertTrue(message.contains("sees itself"), message);
    }

    @Test
    void keysThatLayersShareAreFound() {
        Forward forward = (p, a, x, r) ->
                p.output(a.attend(p.query(x), r.cached("common", "k", () -> p.key(r.chunk(0))), p.value(x)));
        Contract contract = new Contract(new Made("ca", true, GridPattern.axial(), forward), GridPattern.axial());
        String message = assertThrows(
                        AssertionError.class, contract::blocksOfTwoLayersDoNotShareWhatTheyDeriveFromTheReference)
                .getMessage();
        assertTrue(message.contains("another layer"), message);
    }
}
