package org.rlr.model.backbone;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.rlr.model.data.Normalization;

/**
 * The architecture of a convolutional backbone, without weights.
 *
 * @param stages blocks one after the other
 */
record Network(String name, Normalization normalization, List<Stage> stages) {

    /**
     * A block and the feature level that its output is.
     *
     * @param level the level, or {@link #INSIDE} for a block whose output is none
     */
    record Stage(Block block, int level) {
        static final int INSIDE = -1;
    }

    /** Channels by level, ascending. */
    Map<Integer, Integer> channels() {
        Map<Integer, Integer> channels = new TreeMap<>();
        for (Stage s : stages) {
            if (s.level != Stage.INSIDE) {
                channels.put(s.level, s.block.outChannels());
            }
        }
        return channels;
    }

    /** The deepest level. */
    int deepest() {
        return stages.stream().mapToInt(Stage::level).max().orElseThrow();
    }

    /** The convolutions needed for a level. */
    List<Convolution> convolutions(int level) {
        List<Convolution> all = new ArrayList<>();
        for (Stage s : stages) {
            all.addAll(s.block.convolutions());
            if (s.level == level) {
                break;
            }
        }
        return all;
    }

    /** The tensors of a state dict needed for a level, with their shapes. */
    Map<String, int[]> tensors(int level) {
        Map<String, int[]> tensors = new LinkedHashMap<>();
        for (Convolution c : convolutions(level)) {
            tensors.putAll(c.tensors());
        }
        return tensors;
    }

    /** What a user sees of it. */
    BackboneInfo info() {
        long parameters = convolutions(deepest()).stream()
                .mapToLong(Convolution::parameters)
                .sum();
        return new BackboneInfo(name, normalization, channels(), parameters, true);
    }
}
