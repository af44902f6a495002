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

/** Trainings in separate processes that are killed while they run. */
final class KilledTraining {
    private KilledTraining() {}

    /** Returns the number of finished epochs in a checkpoint. */
    static int epochs(Path checkpoint) {
        try (SafeTensorsFile file = SafeTensorsFile.open(checkpoint)) {
            return Integer.parseInt(file.metadata().get("epochs"));
        }
    }

    /**
     * Runs a very long training and kills it when it reports a step after its checkpoint has more than {@code done}
     * epochs.
     *
     * @param out the model file that it would write
     * @return the number of finished epochs in the checkpoint
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
                    // through the handle, since the process would close the stream read here
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
