package org.rlr.model.cli;

import java.time.Duration;
import java.util.Locale;
import org.rlr.model.config.Texts;
import org.rlr.model.train.TrainingEstimate;

/** Describes the plan of a training and the time that it takes. */
final class EstimateText {
    private EstimateText() {}

    static String of(TrainingEstimate e) {
        String epochs = Texts.count(e.epochs() - e.done(), e.done() == 0 ? "epoch" : "more epoch");
        String plan = String.format(
                Locale.ROOT,
                "features took %s; %s of %s, %.1f million parameters",
                time(e.features()),
                epochs,
                Texts.count(e.steps(), "step"),
                e.parameters() / 1e6);
        return e.remaining() == null ? plan : plan + ": about " + time(e.remaining());
    }

    /** Returns a time as {@code 12 s}, {@code 7 min} or {@code 1.5 h}. */
    static String time(Duration time) {
        long seconds = Math.round(time.toMillis() / 1e3);
        return seconds < 100
                ? seconds + " s"
                : seconds < 100 * 60
                        ? Math.round(seconds / 60.0) + " min"
                        : String.format(Locale.ROOT, "%.1f h", seconds / 3600.0);
    }
}
