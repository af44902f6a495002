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
 * The state of a training at the end of an epoch: what cannot be computed again. A SafeTensors file, as
 * {@link StateFile} says.
 *
 * @param epochs epochs done
 * @param planned epochs that the training was to have
 * @param meanLoss mean loss of the last of them
 * @param levels per level
 * @param keepsTest whether the best of its epochs on test images was looked for
 * @param kept the best of its epochs, by what they were chosen by
 */
record TrainingState(
        int epochs,
        int planned,
        double meanLoss,
        List<LearnedState> levels,
        boolean keepsTest,
        Map<Selection.By, EpochKeeper.Best> kept) {

    /** A kept epoch but for its parameters. */
    private record Kept(int epoch, double loss, double value) {}

    /** The state of transformers and their optimisers. */
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
     * Bytes of the tensors of such a file.
     *
     * @param kept epochs whose parameters are kept
     */
    static long bytes(long parameters, int kept) {
        return (3L + kept) * Float.BYTES * parameters;
    }

    /** Writes it in the place of an earlier one, whole or not at all. */
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

    /** Reads it. @throws org.rlr.tensor.RlrException as {@link StateFile#load} */
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
     * The epochs that the training of a state was to have.
     *
     * @throws RlrException if the file does not say, or cannot be read
     */
    static int planned(Path path) {
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            String planned = file.metadata().get("planned-epochs");
            if (planned == null || !planned.matches("[1-9]\\d{0,8}")) {
                throw new ModelException(
                        ModelException.Reason.DOES_NOT_FIT,
                        path + " does not say how many epochs its training was to have",
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
