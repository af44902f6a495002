package org.rlr.model.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rlr.model.ModelException;
import org.rlr.model.config.Json;
import org.rlr.model.config.Selection;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.SafeTensorsWriter;

/**
 * The state of a training at the end of an epoch, without data that can be recomputed: a SafeTensors file, see
 * {@link StateFile}.
 *
 * @param epochs epochs done
 * @param planned the planned number of epochs
 * @param meanLoss mean loss of the last epoch
 * @param levels the state of each level
 * @param keepsTest whether the best epoch on test images was kept
 * @param kept the best epochs, by the criterion that selected them
 */
record TrainingState(
        int epochs,
        int planned,
        double meanLoss,
        List<LearnedState> levels,
        boolean keepsTest,
        Map<Selection.By, EpochKeeper.Best> kept) {

    /** A kept epoch without its parameters. */
    private record Kept(int epoch, double loss, double value) {}

    /** Creates the state of transformers and their optimisers. */
    static TrainingState of(
            int epochs,
            int planned,
            double meanLoss,
            List<RlrTransformer> transformers,
            LevelOptimizers optimizers,
            EpochKeeper keeper) {
        List<LearnedState> levels = new ArrayList<>();
        for (int i = 0; i < transformers.size(); i++) {
            levels.add(LearnedState.of(transformers.get(i).parameters(), optimizers.of(i)));
        }
        return new TrainingState(epochs, planned, meanLoss, levels, keeper.keepsTest(), new EnumMap<>(keeper.all()));
    }

    /**
     * Returns the bytes of the tensors in such a file.
     *
     * @param kept the number of epochs whose parameters are kept
     */
    static long bytes(long parameters, int kept) {
        return (3L + kept) * Float.BYTES * parameters;
    }

    /** Writes the state, completely or not at all, replacing an earlier one. */
    void save(Path file, TrainingIdentity identity) {
        SafeTensorsWriter writer = StateFile.MODEL.writer(identity, epochs, meanLoss);
        for (int i = 0; i < levels.size(); i++) {
            levels.get(i).write(writer, i + ".");
        }
        writer.metadata("planned-epochs", Integer.toString(planned));
        writer.metadata("keeps-test", Boolean.toString(keepsTest));
        kept.forEach((by, best) -> {
            writer.metadata("kept." + by, Json.write(new Kept(best.epoch(), best.loss(), best.value())));
            for (int i = 0; i < levels.size(); i++) {
                float[] parameters = best.parameters().get(i);
                writer.add("kept." + by + "." + i, new long[] {parameters.length}, parameters);
            }
        });
        writer.write(file);
    }

    /** Reads the state. @throws org.rlr.tensor.RlrException as {@link StateFile#load} */
    static TrainingState load(Path path, TrainingIdentity identity, int most) {
        return StateFile.MODEL.load(path, identity, most, file -> {
            List<LearnedState> levels = IntStream.range(
                            0, identity.config().levels().size())
                    .mapToObj(i -> LearnedState.read(file, i + "."))
                    .toList();
            return new TrainingState(
                    StateFile.epochs(file),
                    most,
                    StateFile.meanLoss(file),
                    levels,
                    Boolean.parseBoolean(file.metadata().get("keeps-test")),
                    kept(file, levels.size()));
        });
    }

    /**
     * Returns the planned number of epochs of a state's training.
     *
     * @throws RlrException if the file lacks the number or cannot be read
     */
    static int planned(Path path) {
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            String planned = file.metadata().get("planned-epochs");
            if (planned == null || !planned.matches("[1-9]\\d{0,8}")) {
                throw new ModelException(
                        ModelException.Reason.DOES_NOT_FIT,
                        path + " lacks the planned number of epochs",
                        "resume it with `epochs` instead of `time`",
                        null);
            }
            return Integer.parseInt(planned);
        }
    }

    private static Map<Selection.By, EpochKeeper.Best> kept(SafeTensorsFile file, int levels) {
        Map<Selection.By, EpochKeeper.Best> kept = new EnumMap<>(Selection.By.class);
        for (Selection.By by : Selection.By.values()) {
            Kept best = Json.read(file.metadata().get("kept." + by), Kept.class);
            if (best != null) {
                if (best.epoch < 1 || best.epoch > StateFile.epochs(file) || !Double.isFinite(best.loss)) {
                    throw new IllegalArgumentException("a kept epoch " + best.epoch + " of " + StateFile.epochs(file)
                            + " with a loss of " + best.loss);
                }
                List<float[]> parameters = new ArrayList<>();
                for (int i = 0; i < levels; i++) {
                    parameters.add(file.readFloats("kept." + by + "." + i));
                }
                kept.put(by, new EpochKeeper.Best(best.epoch, best.loss, best.value, parameters));
            }
        }
        return kept;
    }
}
