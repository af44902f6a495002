package org.rlr.model.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlr.model.ModelFile;
import org.rlr.model.attention.AttentionBlocks;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Normalization;
import org.rlr.model.config.RlrConfig;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.io.IoReason;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.SafeTensorsWriter;
import org.rlr.tensor.io.TorchWriter;

/** Exports the transformers of a model file for the PyTorch implementation. */
public final class CheckpointExport {
    private CheckpointExport() {}

    /**
     * Writes a checkpoint in the PyTorch implementation's format: {@code state_dict}, a list of one state dict per
     * level, and the fields that it reads to resume training ({@code epoch}, the best scores, here none).
     *
     * @param model a model file
     * @param target the checkpoint; an existing file is replaced
     * @throws org.rlr.model.ModelException if the model cannot be read
     * @throws ResourceException if the file cannot be written
     */
    public static void writeTorch(Path model, Path target) {
        ModelInfo info = ModelFile.info(model);
        List<Object> states = new ArrayList<>();
        try (SafeTensorsFile file = SafeTensorsFile.open(model)) {
            for (int level : info.config().levels()) {
                StateDict state = StateDict.of(file).under("level" + level + ".");
                Map<String, Object> tensors = new LinkedHashMap<>();
                for (String name : state.names()) {
                    StateDict.Weight weight = state.weight(name);
                    tensors.put(name, new TorchWriter.Floats(longs(weight.shape()), weight.values()));
                }
                states.add(tensors);
            }
        }
        Map<String, Object> checkpoint = new LinkedHashMap<>();
        checkpoint.put("state_dict", states);
        checkpoint.put("epoch", info.training() == null ? 0 : info.training().epochs() - 1);
        checkpoint.put("best_img_auc", 0.0);
        checkpoint.put("best_pix_auc", 0.0);
        checkpoint.put("best_img_aucs", List.of());
        checkpoint.put("best_pix_aucs", List.of());
        TorchWriter.write(target, checkpoint);
    }

    /**
     * Writes one SafeTensors file per level, {@code level<i>.safetensors} in a folder; i is the feature level.
     *
     * @param model a model file
     * @param folder created if missing
     * @return the files
     * @throws org.rlr.model.ModelException if the model cannot be read
     * @throws InvalidSettingException if the model itself is one of these files
     * @throws ResourceException if a file cannot be written
     */
    public static List<Path> writeSafeTensors(Path model, Path folder) {
        List<Path> written = new ArrayList<>();
        List<Integer> levels = ModelFile.info(model).config().levels();
        for (int level : levels) {
            requireApart(model, target(folder, level));
        }
        try (SafeTensorsFile file = SafeTensorsFile.open(model)) {
            for (int level : levels) {
                StateDict state = StateDict.of(file).under("level" + level + ".");
                // required by PyTorch's reader
                SafeTensorsWriter writer = new SafeTensorsWriter().metadata("format", "pt");
                for (String name : state.names()) {
                    StateDict.Weight weight = state.weight(name);
                    writer.add(name, longs(weight.shape()), weight.values());
                }
                Path target = target(folder, level);
                writer.write(target);
                written.add(target);
            }
        }
        return written;
    }

    /**
     * Lists features of a model that the PyTorch implementation lacks to compute the same results.
     *
     * @param model a model file
     * @return one sentence per feature, settings and methods in backticks; empty for a model of the published method
     * @throws org.rlr.model.ModelException if the model cannot be read
     */
    public static List<String> notes(Path model) {
        List<String> notes = new ArrayList<>();
        RlrConfig config = ModelFile.info(model).config();
        try (SafeTensorsFile file = SafeTensorsFile.open(model)) {
            if (file.names().stream().anyMatch(name -> name.startsWith(ModelFile.STATISTICS))) {
                notes.add("the levels were trained on standardised features and the statistics are not exported: with"
                        + " features that are not standardised, also after `CheckpointImport`, the scores differ");
            }
        }
        Normalization normalization = Backbones.info(config.backbone()).normalization(config);
        if (!normalization.equals(Normalization.IMAGENET)) {
            notes.add("the PyTorch implementation normalises pixels by ImageNet's mean and deviation, this model by "
                    + normalization + "; set the same `normalization` there and for `CheckpointImport`");
        }
        List<String> others = config.blocks().stream()
                .filter(block -> !AttentionBlocks.PUBLISHED.contains(block))
                .toList();
        if (!others.isEmpty()) {
            notes.add("the PyTorch implementation has no attention block " + String.join(", ", others)
                    + ", and `CheckpointImport` refuses such a checkpoint");
        }
        if (config.windows() != null) {
            notes.add("the PyTorch implementation derives the window size from the grid, this model has `windows` "
                    + config.windowText() + "; set them for `CheckpointImport`");
        }
        return notes;
    }

    private static Path target(Path folder, int level) {
        return folder.resolve("level" + level + ".safetensors");
    }

    private static void requireApart(Path model, Path target) {
        try {
            if (Files.exists(target) && Files.isSameFile(model, target)) {
                throw new InvalidSettingException(
                        "CheckpointExport.folder",
                        target.getParent(),
                        "another folder than the model's",
                        "the level's file " + target + " would overwrite the model " + model,
                        "choose another folder for the files of the levels");
            }
        } catch (IOException e) {
            throw new ResourceException(
                    ResourceException.Resource.DISK,
                    "cannot resolve the path of " + target + ": " + IoReason.of(e),
                    "check the permissions of its folders",
                    e);
        }
    }

    private static long[] longs(int[] shape) {
        return Arrays.stream(shape).asLongStream().toArray();
    }
}
