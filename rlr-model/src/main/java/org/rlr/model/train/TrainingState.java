package org.rlr.model.train;

import com.google.gson.Gson;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.rlr.model.RlrTransformer;
import org.rlr.model.Selection;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.SafeTensorsWriter;
import org.rlr.tensor.nn.Adam;
import org.rlr.tensor.nn.ParameterSet;

/**
 * The state of a training at the end of an epoch: what cannot be computed again. A SafeTensors file, metadata {@code format} {@code "rlr-training"}.
 *
 * @param epochs   epochs done
 * @param meanLoss mean loss of the last of them
 * @param levels   per level
 * @param keepsTest whether the best of its epochs on test images was looked for
 * @param kept     the best of its epochs, by what they were chosen by
 */
record TrainingState(int epochs, double meanLoss, List<Level> levels, boolean keepsTest, Map<Selection.By, KeptEpoch> kept) {
    private static final String FORMAT = "rlr-training";
    private static final String VERSION = "1";
    private static final Gson GSON = new Gson();

    /** Parameters and optimiser of a level. */
    record Level(float[] parameters, Adam.State optimizer) {
    }

    /** A kept epoch but for its parameters. */
    private record Kept(int epoch, double loss, double value) {
    }

    /** The state of transformers and their optimisers. */
    static TrainingState of(int epochs, double meanLoss, List<RlrTransformer> transformers, LevelOptimizers optimizers, EpochKeeper keeper) {
        List<Level> levels = new ArrayList<>();
        for (int i = 0; i < transformers.size(); i++) {
            levels.add(new Level(transformers.get(i).parameters().toArray(), optimizers.of(i).state()));
        }
        return new TrainingState(epochs, meanLoss, levels, keeper.keepsTest(), keeper.all());
    }

    /** Gives a level its parameters and its optimiser what it remembered. */
    void restore(int level, ParameterSet parameters, Adam optimizer) {
        try {
            parameters.fromArray(levels.get(level).parameters);
            optimizer.restore(levels.get(level).optimizer);
        } catch (IllegalArgumentException e) {
            throw new RlrException("the training's state is damaged (" + e.getMessage() + "); take an earlier one or train anew", e);
        }
    }

    /** Writes it in the place of an earlier one, whole or not at all. */
    void save(Path file, TrainingIdentity identity) {
        SafeTensorsWriter writer = new SafeTensorsWriter().metadata("format", FORMAT).metadata("version", VERSION).metadata("training", GSON.toJson(identity))
                .metadata("epochs", Integer.toString(epochs)).metadata("loss", Double.toString(meanLoss));
        for (int i = 0; i < levels.size(); i++) {
            Level level = levels.get(i);
            long[] shape = {level.parameters.length};
            writer.add(i + ".parameters", shape, level.parameters).add(i + ".first", shape, level.optimizer.first())
                    .add(i + ".second", shape, level.optimizer.second()).add(i + ".steps", new long[] {1}, new long[] {level.optimizer.step()});
        }
        writer.metadata("keeps-test", Boolean.toString(keepsTest));
        kept.forEach((by, best) -> {
            writer.metadata("kept." + by, GSON.toJson(new Kept(best.epoch(), best.loss(), best.value())));
            for (int i = 0; i < levels.size(); i++) {
                float[] parameters = best.parameters().get(i);
                writer.add("kept." + by + "." + i, new long[] {parameters.length}, parameters);
            }
        });
        writer.write(file);
    }

    /** Reads it. @throws RlrException if the file is not one, is damaged, or belongs to another training */
    static TrainingState load(Path path, TrainingIdentity identity) {
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            if (!FORMAT.equals(file.metadata().get("format"))) {
                throw new RlrException(path + " is not the state of a training; --resume takes a file that train --checkpoint-every wrote");
            }
            if (!VERSION.equals(file.metadata().get("version"))) {
                throw new RlrException(path + " is the state of a training of format version " + file.metadata().get("version") + ", this program reads version " + VERSION
                        + "; go on with the program that wrote it");
            }
            TrainingIdentity earlier = GSON.fromJson(file.metadata().get("training"), TrainingIdentity.class);
            if (earlier == null || earlier.images() == null || earlier.weights() == null) {
                throw new RlrException(path + " is damaged: its description is incomplete; take an earlier state or train anew");
            }
            List<String> differences = identity.differences(earlier);
            if (!differences.isEmpty()) {
                throw new RlrException(path + " is the state of another training; this differs: " + String.join(", ", differences) + "; give the same options and images, or train anew without --resume");
            }
            List<Level> levels = new ArrayList<>();
            for (int i = 0; i < identity.config().levels().size(); i++) {
                levels.add(new Level(file.readFloats(i + ".parameters"),
                        new Adam.State(file.readFloats(i + ".first"), file.readFloats(i + ".second"), file.readLongs(i + ".steps")[0])));
            }
            return new TrainingState(Integer.parseInt(file.metadata().get("epochs")), Double.parseDouble(file.metadata().get("loss")), levels,
                    Boolean.parseBoolean(file.metadata().get("keeps-test")), kept(file, levels.size()));
        } catch (RlrException e) {
            throw e;
        } catch (RuntimeException e) {
            // a record's constructor, the parser, or a number that is missing
            throw new RlrException(path + " is damaged: its description cannot be read (" + e.getMessage() + "); take an earlier state or train anew", e);
        }
    }

    private static Map<Selection.By, KeptEpoch> kept(SafeTensorsFile file, int levels) {
        Map<Selection.By, KeptEpoch> kept = new EnumMap<>(Selection.By.class);
        for (Selection.By by : Selection.By.values()) {
            Kept best = GSON.fromJson(file.metadata().get("kept." + by), Kept.class);
            if (best != null) {
                List<float[]> parameters = new ArrayList<>();
                for (int i = 0; i < levels; i++) {
                    parameters.add(file.readFloats("kept." + by + "." + i));
                }
                kept.put(by, new KeptEpoch(best.epoch, best.loss, best.value, parameters));
            }
        }
        return kept;
    }
}
