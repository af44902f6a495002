package org.rlr.model.train;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Selection;
import org.rlr.model.config.Validation;
import org.rlr.model.data.DataSetException;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.InvalidSettingException;

/** Keeps the parameters of the best epochs, by validation loss and by test metrics if selected; the first of equals. */
final class EpochKeeper {
    /**
     * The best epoch so far.
     *
     * @param epoch its number, from 1
     * @param loss its mean training loss
     * @param value the value by which it was chosen
     * @param parameters the parameters of the levels after it
     */
    record Best(int epoch, double loss, double value, List<float[]> parameters) {

        static Best of(int epoch, double loss, double value, List<RlrTransformer> levels) {
            List<float[]> parameters = new ArrayList<>();
            levels.forEach(level -> parameters.add(level.parameters().toArray()));
            return new Best(epoch, loss, value, parameters);
        }
    }

    private final boolean byLoss;
    private final boolean byTest;
    private final @Nullable Integer patience;
    private final Map<Selection.By, Best> kept = new EnumMap<>(Selection.By.class);

    EpochKeeper(@Nullable Validation validation, @Nullable TestEvaluation test) {
        byLoss = validation != null && validation.keepBest();
        patience = validation == null ? null : validation.patience();
        byTest = test != null && test.keepBest();
    }

    /** Restores the epochs kept by an earlier run. @throws org.rlr.tensor.RlrException if a required one is missing */
    void restore(TrainingState state) {
        if (byTest && !state.keepsTest()) {
            throw new InvalidSettingException(
                    "TestEvaluation.keepBest",
                    true,
                    "false",
                    "the training that `resume` continues did not keep its best epoch on the test images",
                    "omit `TestEvaluation.keepBest`, or train anew with it");
        }
        if (byLoss && !state.kept().containsKey(Selection.By.VALIDATION_LOSS)) {
            throw StateFile.damaged("its best epoch is missing", null);
        }
        kept.putAll(state.kept());
        if (!byTest) {
            kept.remove(Selection.By.TEST_IMAGE_AUROC);
        }
    }

    void consider(
            int epoch,
            double loss,
            EpochReport.@Nullable Losses validation,
            @Nullable EvaluationResult metrics,
            List<RlrTransformer> levels) {
        if (byLoss && validation != null) {
            Best best = of(Selection.By.VALIDATION_LOSS);
            if (best == null || validation.total() < best.value()) {
                kept.put(Selection.By.VALIDATION_LOSS, Best.of(epoch, loss, validation.total(), levels));
            }
        }
        if (byTest && metrics != null) {
            OptionalDouble value = metrics.mean(TestEvaluation.CHOICE);
            if (value.isEmpty()) {
                throw new DataSetException(
                        "`TestEvaluation.keepBest` needs a class with normal and defective test images; none has both",
                        "add them or omit `TestEvaluation.keepBest`",
                        null);
            }
            Best best = of(Selection.By.TEST_IMAGE_AUROC);
            if (best == null || value.getAsDouble() > best.value()) {
                kept.put(Selection.By.TEST_IMAGE_AUROC, Best.of(epoch, loss, value.getAsDouble(), levels));
            }
        }
    }

    /** Returns whether the training ends early: the last epochs brought no lower validation loss. */
    boolean ends(int done) {
        Best best = of(Selection.By.VALIDATION_LOSS);
        return patience != null && best != null && done - best.epoch() >= patience;
    }

    /** Returns whether the best epoch on the test images is kept. */
    boolean keepsTest() {
        return byTest;
    }

    /** Returns the best epoch so far; null without one. */
    @Nullable
    Best of(Selection.By by) {
        return kept.get(by);
    }

    Map<Selection.By, Best> all() {
        return kept;
    }
}
