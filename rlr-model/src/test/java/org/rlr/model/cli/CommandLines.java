package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.rlr.model.data.DataLayouts;

/** Commands for tests of other packages. */
public final class CommandLines {
    private CommandLines() {}

    /** Runs a command and returns its exit code. */
    public static int run(PrintWriter out, PrintWriter err, String... args) {
        return Main.run(out, err, args);
    }

    /** Returns the arguments of a short training on the tiny data set. */
    public static Object[] shortTraining(Path out, Object... more) {
        return TinyModel.train(TinyModel.data(), out, more);
    }

    /** Returns a model file, which tests must not change. */
    public static Path anyModel() {
        return TinyModel.model();
    }

    /** Returns the images that it was trained on. */
    public static List<Path> trainingImages() {
        return DataLayouts.read(TinyModel.data()).train().stream()
                .map(sample -> sample.image().file())
                .toList();
    }
}
