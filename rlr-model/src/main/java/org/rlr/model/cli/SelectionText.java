package org.rlr.model.cli;

import java.util.Locale;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Selection;
import org.rlr.model.config.Texts;
import org.rlr.model.config.TrainingSettings;

/** Describes how a model's epoch was chosen. */
final class SelectionText {
    private SelectionText() {}

    /** Returns the text for a model with a selection. */
    static String of(ModelInfo info) {
        Selection s = info.selection();
        TrainingSettings training = info.training();
        if (s == null || training == null) {
            throw new IllegalArgumentException("the epoch of the model was not chosen");
        }
        String epoch = "epoch " + s.epoch() + " of " + training.epochs() + ", ";
        return s.optimistic()
                ? epoch
                        + String.format(
                                Locale.ROOT,
                                "OPTIMISTIC: chosen on the test images (image AUROC %.4f, %s), so metrics on these"
                                        + " images are too high",
                                s.value(),
                                Texts.count(s.images(), "image"))
                : epoch
                        + String.format(
                                Locale.ROOT,
                                "chosen by the lowest loss (%.4f) on %s",
                                s.value(),
                                Texts.count(s.images(), "held-out image"));
    }
}
