package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rlr.tensor.io.SafeTensorsFile;

/** Trainings in a process of their own that are killed hard while they run. */
final class KilledTraining {
    private KilledTraining() {}

    /** Epochs that a training's state has behind it. */
    static int epochs(Path checkpoint) {
        try (SafeTensorsFile file = SafeTensorsFile.open(checkpoint)) {
            return Integer.parseInt(file.metadata().get("epochs"));
        }
    }

    /**
     * Runs a training too long to end by itself and kills it as it reports a step after its state has got beyond
     * {@code done} epochs.
     *
     * @param out what it would write in the end
     * @return the epochs that the state has
     */
    static int run(List<String> commandLine, Path checkpoint, int done, Path out)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(commandLine)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        StringBuilder err = new StringBuilder();
        try (InputStream stream = process.getErrorStream()) {
            for (int c = stream.read(); c >= 0; c = stream.read()) {
                err.append((char) c);
                if (c == '/' && Files.exists(checkpoint) && epochs(checkpoint) > done) {
                    // not by the process itself, which would close the stream read here
                    process.toHandle().destroyForcibly();
                    err.append(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
                }
            }
        }
        assertNotEquals(0, process.waitFor());
        assertTrue(epochs(checkpoint) > done, err.toString());
        assertTrue(Files.notExists(out), err.toString());
        return epochs(checkpoint);
    }
}
