package org.rlr.model.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.rlr.model.config.Json;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.data.ImageSource;
import org.rlr.model.decoder.DecoderInfo;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.nn.Adam;

/** Reads states like a training that resumes, for tests of other packages. */
public final class StateReaders {
    private static final int MOST_EPOCHS = 4;

    private StateReaders() {}

    /**
     * Reads the state of the same training as another state's, and restores it into a level's network.
     *
     * @param sound a state that can be read
     * @param level the network's shape
     */
    public static Reader of(byte[] sound, LevelConfig level, Backend backend) {
        try (SafeTensorsFile file = SafeTensorsFile.of("sound", sound)) {
            TrainingIdentity identity =
                    Objects.requireNonNull(Json.read(file.metadata().get("training"), TrainingIdentity.class));
            return state -> {
                TrainingState read = TrainingState.load(state, identity, MOST_EPOCHS);
                try (RlrTransformer transformer = new RlrTransformer(level, backend, true);
                        Adam optimizer = new Adam(transformer.parameters())) {
                    read.levels().get(0).restore(transformer.parameters(), optimizer);
                }
            };
        }
    }

    /** Reads the state of a decoder's training. */
    public static Reader ofDecoder(DecoderInfo info) {
        DecoderIdentity identity = DecoderIdentity.of(info, List.<ImageSource>of(), () -> {});
        return state -> DecoderState.load(state, identity, MOST_EPOCHS);
    }

    /** Returns the description in a state file of a decoder's training. */
    public static String decoderIdentity(DecoderInfo info) {
        return Json.write(DecoderIdentity.of(info, List.<ImageSource>of(), () -> {}));
    }

    /** Reads a state. */
    @FunctionalInterface
    public interface Reader {
        /** Throws the error of a training that resumes from it. */
        void read(Path state);
    }
}
