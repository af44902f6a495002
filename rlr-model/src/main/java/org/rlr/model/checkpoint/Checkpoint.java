package org.rlr.model.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.rlr.model.ModelException;
import org.rlr.model.backbone.StateDict;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.TensorFileException;
import org.rlr.tensor.io.TorchCheckpoint;
import org.rlr.tensor.io.TorchTensor;

/**
 * The state dicts of a trained model's levels, from a checkpoint of the PyTorch implementation ({@code torch.save} of a
 * dict with a list {@code state_dict}, RLR §11; a list of state dicts or a single one is also accepted), or from
 * SafeTensors files, one per level, as written by {@link CheckpointExport}.
 */
public final class Checkpoint implements AutoCloseable {
    private final String origin;
    private final List<AutoCloseable> files = new ArrayList<>();
    private final List<StateDict> levels = new ArrayList<>();
    private OptionalLong epoch = OptionalLong.empty();

    private Checkpoint(String origin) {
        this.origin = origin;
    }

    /**
     * Opens files; the levels of later files follow those of earlier ones.
     *
     * @param paths checkpoints of torch.save, or SafeTensors files of one level each
     * @return the state dicts; the caller closes them
     * @throws ModelException if a file holds no state dict or is damaged
     * @throws TensorFileException if a file cannot be read
     */
    public static Checkpoint open(List<Path> paths) {
        Checkpoint checkpoint = new Checkpoint(
                String.join(", ", paths.stream().map(Path::toString).toList()));
        boolean opened = false;
        try {
            for (Path path : paths) {
                checkpoint.add(path);
            }
            opened = true;
            return checkpoint;
        } catch (TensorFileException e) {
            throw ModelException.of(e);
        } finally {
            if (!opened) {
                checkpoint.close();
            }
        }
    }

    private void add(Path path) {
        if (path.getFileName().toString().endsWith(".safetensors")) {
            SafeTensorsFile file = SafeTensorsFile.open(path);
            files.add(file);
            levels.add(StateDict.of(file).unwrapped(path.toString()));
            return;
        }
        TorchCheckpoint file = TorchCheckpoint.open(path);
        files.add(file);
        Object root = file.root();
        Object states = root;
        if (root instanceof Map<?, ?> map && map.containsKey("state_dict")) {
            states = map.get("state_dict");
            if (map.get("epoch") instanceof Long number) {
                epoch = OptionalLong.of(number);
            }
        }
        List<?> dicts = states instanceof List<?> list
                ? list
                : states instanceof Map<?, ?> single ? List.of(single) : List.of();
        if (dicts.isEmpty() || !dicts.stream().allMatch(Checkpoint::isStateDict)) {
            throw new ModelException(
                    ModelException.Reason.NOT_A_MODEL,
                    path + " is a file of torch.save, but not a checkpoint of the PyTorch implementation: it should"
                            + " hold a list 'state_dict' of one dict of tensors per level",
                    "give the best-img.pth, best-pix.pth or latest.pth of the PyTorch implementation",
                    null);
        }
        for (Object dict : dicts) {
            levels.add(StateDict.of(file, (Map<?, ?>) dict).unwrapped(path.toString()));
        }
    }

    private static boolean isStateDict(Object value) {
        return value instanceof Map<?, ?> map
                && !map.isEmpty()
                && map.values().stream().allMatch(TorchTensor.class::isInstance);
    }

    /** {@return the file or files, for error messages} */
    public String origin() {
        return origin;
    }

    /** {@return a state dict per level, in the order of the file; readable until this is closed} */
    public List<StateDict> levels() {
        return levels;
    }

    /** {@return the epoch after which it was saved, counted from 0; empty if unknown} */
    public OptionalLong epoch() {
        return epoch;
    }

    /** Closes the files. */
    @Override
    public void close() {
        for (AutoCloseable file : files) {
            try {
                file.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException("closing a file that was read only", e);
            }
        }
    }
}
