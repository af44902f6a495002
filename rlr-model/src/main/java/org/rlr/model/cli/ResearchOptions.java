package org.rlr.model.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.DataSet;
import org.rlr.model.train.TestEvaluation;
import org.rlr.tensor.RlrException;
import picocli.CommandLine.Option;

/** Options for metrics during a training, and for choosing an epoch on test images. */
final class ResearchOptions {
    @Option(
            names = "--metrics",
            paramLabel = "FILE",
            description = "Write a CSV file with a line per epoch: losses, images per second, metrics; --resume "
                    + "appends to it.")
    private Path metrics;

    @Option(
            names = "--evaluate-every",
            paramLabel = "N",
            description = "Evaluate the test images every N epochs, for --metrics and --best-on-test.")
    private Integer evaluateEvery;

    @Option(
            names = "--best-on-test",
            paramLabel = "FILE",
            description = "Also write the model of the epoch with the highest image AUROC on the test images. Its "
                    + "metrics on these images are optimistic.")
    private Path bestOnTest;

    /** Returns the CSV file, or null. */
    @Nullable
    Path metrics() {
        return metrics;
    }

    /** Returns the file for the best model on the test images, or null. */
    @Nullable
    Path bestOnTest() {
        return bestOnTest;
    }

    /** Checks that no option is missing. @throws RlrException naming the missing option */
    void check() {
        if (evaluateEvery == null && bestOnTest != null) {
            throw new RlrException(
                    "--best-on-test " + bestOnTest + " needs evaluations in the training",
                    "give --evaluate-every N too");
        }
        if (evaluateEvery != null && metrics == null && bestOnTest == null) {
            throw new RlrException(
                    "--evaluate-every " + evaluateEvery + " has no file for the metrics", "give --metrics FILE too");
        }
    }

    /** Returns the evaluation of the test images, or null. @throws RlrException if there are none */
    @Nullable
    TestEvaluation evaluation(DataSet data) {
        return evaluateEvery == null
                ? null
                : new TestEvaluation(data.requireEvaluation(), evaluateEvery, bestOnTest != null);
    }
}
