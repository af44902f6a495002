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

    /** A short training on the tiny data set. */
    public static Object[] shortTraining(Path out, Object... more) {
        return TinyModel.train(TinyModel.data(), out, more);
    }

    /** A model file; not to be changed. */
    public static Path anyModel() {
        return TinyModel.model();
    }

    /** The images it was trained on. */
    public static List<Path> trainingImages() {
        return DataLayouts.read(TinyModel.data()).train().stream()
                .map(sample -> sample.image().file())
                .toList();
    }
}
