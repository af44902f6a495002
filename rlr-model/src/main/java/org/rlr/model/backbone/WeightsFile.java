package org.rlr.model.backbone;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.TensorFileException;
import org.rlr.tensor.io.TorchCheckpoint;
import org.rlr.tensor.io.TorchTensor;

/** A file of a backbone's weights, opened: SafeTensors, or what torch.save wrote (.pth), whichever it begins as. */
public final class WeightsFile implements AutoCloseable {
    private static final int MOST_WRAPPINGS = 2;

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
            return new WeightsFile(file, StateDict.of(file));
        }
        TorchCheckpoint file = TorchCheckpoint.open(path);
        Object dict = file.root();
        // training scripts put the weights beside other things
        for (int i = 0;
                i < MOST_WRAPPINGS
                        && dict instanceof Map<?, ?> map
                        && map.values().stream().noneMatch(TorchTensor.class::isInstance);
                i++) {
            dict = map.containsKey("state_dict") ? map.get("state_dict") : map.get("model");
        }
        if (!(dict instanceof Map<?, ?> tensors)) {
            file.close();
            throw new TensorFileException(
                    TensorFileException.Reason.OTHER_TENSORS,
                    path + " is a file of torch.save, but holds no state dict of a backbone",
                    "give a file of timm's weights",
                    null);
        }
        return new WeightsFile(file, StateDict.of(file, tensors));
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
