package org.rlr.model.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlr.model.backbone.Backbones;
import org.rlr.tensor.golden.HashedTensors;
import org.rlr.tensor.io.SafeTensorsWriter;
import org.rlr.tensor.io.TorchWriter;

/** Writes files of backbone weights with made-up values. */
public final class BackboneFile {
    private BackboneFile() {}

    /** Writes all weights of a backbone as SafeTensors, or for PyTorch if the file's name ends in {@code .pth}. */
    public static void write(String backbone, Path file) {
        var levels = Backbones.info(backbone).levels();
        write(backbone, levels.get(levels.size() - 1).level(), file);
    }

    /** Writes the weights up to a level. */
    static void write(String backbone, int deepest, Path file) {
        SafeTensorsWriter writer = new SafeTensorsWriter();
        Map<String, Object> torch = new LinkedHashMap<>();
        Backbones.weightShapes(backbone, List.of(deepest)).forEach((name, shape) -> {
            long[] lengths = Arrays.stream(shape).asLongStream().toArray();
            float[] values = HashedTensors.parameter(name, 0, lengths);
            writer.add(name, lengths, values);
            torch.put(name, new TorchWriter.Floats(lengths, values));
        });
        if (file.toString().endsWith(".pth")) {
            TorchWriter.write(file, torch);
        } else {
            writer.write(file);
        }
    }
}
