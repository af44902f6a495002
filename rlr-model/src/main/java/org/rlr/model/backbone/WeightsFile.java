package org.rlr.model.backbone;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.TensorFileException;
import org.rlr.tensor.io.TorchCheckpoint;
import org.rlr.tensor.io.TorchTensor;

/** An open file of a backbone's weights: SafeTensors or torch.save (.pth), detected from its first bytes. */
public final class WeightsFile implements AutoCloseable {
    private static final int MOST_WRAPPINGS = 2;

    /** Keys under which training scripts store the weights; averaged weights first, as in timm. */
    private static final List<String> KEYS = List.of("state_dict_ema", "model_ema", "state_dict", "model");

    private final AutoCloseable file;
    private final StateDict weights;

    private WeightsFile(AutoCloseable file, StateDict weights) {
        this.file = file;
        this.weights = weights;
    }

    /**
     * Opens a file.
     *
     * @param path a SafeTensors or .pth file
     * @return the file; the caller closes it
     * @throws TensorFileException if it cannot be read or holds no state dict
     */
    public static WeightsFile open(Path path) {
        if (!Files.isRegularFile(path) || !TorchCheckpoint.isTorch(path)) {
            SafeTensorsFile file = SafeTensorsFile.open(path);
            return of(file, StateDict.of(file), path);
        }
        TorchCheckpoint file = TorchCheckpoint.open(path);
        Object dict = file.root();
        for (int i = 0; i < MOST_WRAPPINGS && dict instanceof Map<?, ?> map; i++) {
            dict = KEYS.stream()
                    .<Object>map(map::get)
                    .filter(Map.class::isInstance)
                    .findFirst()
                    .orElse(map);
        }
        if (!(dict instanceof Map<?, ?> tensors)
                || tensors.values().stream().noneMatch(TorchTensor.class::isInstance)) {
            file.close();
            throw new TensorFileException(
                    TensorFileException.Reason.OTHER_TENSORS,
                    path + " is a file of torch.save, but holds no state dict of a backbone",
                    "give a file of timm's weights",
                    null);
        }
        return of(file, StateDict.of(file, tensors), path);
    }

    private static WeightsFile of(AutoCloseable file, StateDict weights, Path path) {
        WeightsFile opened = new WeightsFile(file, weights);
        try {
            return new WeightsFile(file, weights.unwrapped(path.toString()));
        } catch (TensorFileException e) {
            opened.close();
            throw e;
        }
    }

    /** {@return its tensors; readable until this is closed} */
    public StateDict weights() {
        return weights;
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("closing a file that was read only", e);
        }
    }
}
