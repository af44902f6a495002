package org.rlr.model.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.DataSet;
import org.rlr.model.train.TestEvaluation;
import org.rlr.tensor.RlrException;
import picocli.CommandLine.Option;

/** What is looked at while a model is trained, and by what an epoch is chosen. */
final class ResearchOptions {
    @Option(
            names = "--metrics",
            paramLabel = "FILE",
            description =
                    "Write a CSV with a line per epoch: losses, images per second, metrics; --resume goes on with it.")
    private Path metrics;

    @Option(
            names = "--evaluate-every",
            paramLabel = "N",
            description = "Evaluate the test images every N epochs, for --metrics and --best-on-test.")
    private Integer evaluateEvery;

    @Option(
            names = "--best-on-test",
            paramLabel = "FILE",
            description =
                    "Also write the model of the epoch of greatest image AUROC on the test images. What is measured on them with it is optimistic.")
    private Path bestOnTest;

    /** The CSV file, or null. */
    @Nullable
    Path metrics() {
        return metrics;
    }

    /** Where the best model on the test images goes, or null. */
    @Nullable
    Path bestOnTest() {
        return bestOnTest;
    }

    /** Checks that the options go together. @throws RlrException naming the one that is missing */
    void check() {
        if (evaluateEvery == null && bestOnTest != null) {
            throw new RlrException(
                    "--best-on-test " + bestOnTest + " needs evaluations to choose by", "give --evaluate-every N too");
        }
        if (evaluateEvery != null && metrics == null && bestOnTest == null) {
            throw new RlrException(
                    "--evaluate-every " + evaluateEvery + " has nowhere to put the metrics", "give --metrics FILE too");
        }
    }

    /** The test images to evaluate, or null. @throws RlrException if there are none */
    @Nullable
    TestEvaluation evaluation(DataSet data) {
        return evaluateEvery == null
                ? null
                : new TestEvaluation(data.requireEvaluation(), evaluateEvery, bestOnTest != null);
    }
}
