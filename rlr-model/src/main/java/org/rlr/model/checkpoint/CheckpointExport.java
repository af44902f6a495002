package org.rlr.model.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlr.model.ModelFile;
import org.rlr.model.ModelInfo;
import org.rlr.model.backbone.StateDict;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.SafeTensorsWriter;
import org.rlr.tensor.io.TorchWriter;

/** Writes the transformers of a model file as the PyTorch implementation loads them. */
public final class CheckpointExport {
    private CheckpointExport() {
    }

    /**
     * A checkpoint as the PyTorch implementation saves it: {@code state_dict}, a list of one state dict per level, and the fields that its resuming reads
     * ({@code epoch}, the best scores, here none).
     *
     * @param model  a model file
     * @param target the checkpoint; replaced if it is there
     * @throws org.rlr.tensor.RlrException if the model cannot be read or the file not be written
     */
    public static void writeTorch(Path model, Path target) {
        ModelInfo info = ModelFile.info(model);
        List<Object> states = new ArrayList<>();
        try (SafeTensorsFile file = SafeTensorsFile.open(model)) {
            for (int level : info.config().levels()) {
                StateDict state = StateDict.of(file, "level" + level + ".");
                Map<String, Object> tensors = new LinkedHashMap<>();
                for (String name : state.names()) {
                    tensors.put(name, new TorchWriter.Floats(longs(state.shape(name)), state.values(name)));
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
     * A SafeTensors file per level, {@code level<i>.safetensors} in a folder, i being the feature level.
     *
     * @param model  a model file
     * @param folder made if it is missing
     * @return the files
     * @throws org.rlr.tensor.RlrException if the model cannot be read or a file not be written
     */
    public static List<Path> writeSafeTensors(Path model, Path folder) {
        List<Path> written = new ArrayList<>();
        try (SafeTensorsFile file = SafeTensorsFile.open(model)) {
            for (int level : ModelFile.info(model).config().levels()) {
                StateDict state = StateDict.of(file, "level" + level + ".");
                // what PyTorch's reader asks for
                SafeTensorsWriter writer = new SafeTensorsWriter().metadata("format", "pt");
                for (String name : state.names()) {
                    writer.add(name, longs(state.shape(name)), state.values(name));
                }
                Path target = folder.resolve("level" + level + ".safetensors");
                writer.write(target);
                written.add(target);
            }
        }
        return written;
    }

    private static long[] longs(int[] shape) {
        return Arrays.stream(shape).asLongStream().toArray();
    }
}
