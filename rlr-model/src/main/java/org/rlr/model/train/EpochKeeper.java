package org.rlr.model.train;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.rlr.model.config.Selection;
import org.rlr.model.config.Validation;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.RlrException;

/** Keeps the parameters of the best epochs, by whatever is asked for; of equals the first. */
final class EpochKeeper {
    private final boolean byLoss;
    private final boolean byTest;
    private final Map<Selection.By, KeptEpoch> kept = new EnumMap<>(Selection.By.class);

    EpochKeeper(Validation validation, TestEvaluation test) {
        byLoss = validation != null && validation.keepBest();
        byTest = test != null && test.keepBest();
    }

    /** Takes over what an earlier run kept. @throws RlrException if it did not keep what is asked for now */
    void restore(TrainingState state) {
        if (byTest && !state.keepsTest()) {
            throw new RlrException(
                    "the training that --resume goes on with did not look for the best of its epochs on the test images; leave --best-on-test away, or train anew with it");
        }
        if (byLoss && !state.kept().containsKey(Selection.By.VALIDATION_LOSS)) {
            throw new RlrException(
                    "the training's state is damaged (the best of its epochs is missing); take an earlier one or train anew");
        }
        kept.putAll(state.kept());
        if (!byTest) {
            kept.remove(Selection.By.TEST_IMAGE_AUROC);
        }
    }

    void consider(
            int epoch,
            double loss,
            EpochReport.Losses validation,
            EvaluationResult metrics,
            List<RlrTransformer> levels) {
        if (byLoss
                && (of(Selection.By.VALIDATION_LOSS) == null
                        || validation.total() < of(Selection.By.VALIDATION_LOSS).value())) {
            kept.put(Selection.By.VALIDATION_LOSS, KeptEpoch.of(epoch, loss, validation.total(), levels));
        }
        if (byTest && metrics != null) {
            OptionalDouble value = metrics.mean(TestEvaluation.CHOICE);
            if (value.isEmpty()) {
                throw new RlrException(
                        "no class has both normal and defective test images, by which --best-on-test chooses; add them or leave --best-on-test away");
            }
            KeptEpoch best = of(Selection.By.TEST_IMAGE_AUROC);
            if (best == null || value.getAsDouble() > best.value()) {
                kept.put(Selection.By.TEST_IMAGE_AUROC, KeptEpoch.of(epoch, loss, value.getAsDouble(), levels));
            }
        }
    }

    /** Whether the best on test images is looked for. */
    boolean keepsTest() {
        return byTest;
    }

    /** The best so far; null where there is none. */
    KeptEpoch of(Selection.By by) {
        return kept.get(by);
    }

    Map<Selection.By, KeptEpoch> all() {
        return kept;
    }
}
