package org.rlr.model.backbone;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rlr.tensor.io.TensorFileException;

/** Compares a state dict with the weights that a backbone needs. */
final class BackboneWeights {
    /** Number of differences that a message names. */
    private static final int NAMED = 10;

    private BackboneWeights() {}

    /**
     * Checks that a state dict holds the weights that a backbone needs for feature levels; weights of deeper levels may
     * be missing.
     *
     * @throws TensorFileException listing tensors that are missing, unexpected or of another shape
     */
    static void requireFit(BackboneInfo backbone, List<Integer> levels, StateDict source, String origin) {
        List<String> differences = differences(backbone, levels, source);
        if (!differences.isEmpty()) {
            List<String> fitting = Backbones.fitting(source, levels);
            throw new TensorFileException(
                    TensorFileException.Reason.OTHER_TENSORS,
                    origin + " does not hold the weights of '" + backbone.name() + "' that feature "
                            + (levels.size() == 1 ? "level " + levels.get(0) + " needs" : "levels " + levels + " need")
                            + ", it is for another architecture: "
                            + String.join(", ", differences.subList(0, Math.min(NAMED, differences.size())))
                            + (differences.size() > NAMED ? " and " + (differences.size() - NAMED) + " more" : ""),
                    fitting.isEmpty()
                            ? "give a file of timm's weights for '" + backbone.name() + "'"
                            : "it fits the backbone " + String.join(" or ", fitting),
                    null);
        }
    }

    /** Checks that a tensor has valid values. @throws TensorFileException if it has not */
    static void requireNumbers(String tensor, StateDict source, String origin) {
        boolean variance = tensor.endsWith("running_var");
        for (float value : source.values(tensor)) {
            if (!Float.isFinite(value) || (variance && value < 0)) {
                throw new TensorFileException(
                        TensorFileException.Reason.DAMAGED,
                        origin + ": the tensor " + tensor + " holds " + value
                                + ", as after a training that diverged, or because the file is damaged",
                        "take an earlier or another file",
                        null);
            }
        }
    }

    /** Differences between a state dict and the weights that a backbone needs for feature levels; empty if it fits. */
    static List<String> differences(BackboneInfo backbone, List<Integer> levels, StateDict source) {
        List<String> missing = new ArrayList<>();
        List<String> shapes = new ArrayList<>();
        List<String> unexpected = new ArrayList<>();
        Backbones.weightShapes(backbone.name(), levels).forEach((name, shape) -> {
            int[] actual = source.shape(name);
            if (actual == null) {
                missing.add(name + " is missing");
            } else if (!Arrays.equals(actual, shape)) {
                shapes.add(name + " has shape " + Arrays.toString(actual) + " instead of " + Arrays.toString(shape));
            }
        });
        Map<String, int[]> all = Backbones.weightShapes(backbone.name(), Backbones.levels(backbone));
        for (String name : source.names()) {
            if (!all.containsKey(name) && !name.matches(backbone.beside())) {
                unexpected.add(name + " does not belong to it");
            }
        }
        // some of each kind first, so that the list shows what kind of file it is
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < Math.max(missing.size(), Math.max(shapes.size(), unexpected.size())); i++) {
            for (List<String> kind : List.of(missing, shapes, unexpected)) {
                if (i < kind.size()) {
                    differences.add(kind.get(i));
                }
            }
        }
        return differences;
    }
}
