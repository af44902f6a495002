package org.rlr.model.attention;

import java.util.ArrayList;
import java.util.List;
import org.rlr.model.LevelConfig;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.nn.ParameterSet;

/** The attention blocks by name (RLR §6). */
public final class AttentionBlocks {
    /** The names in the order in which blocks are kept, and columns of a gate follow. */
    public static final List<String> NAMES = List.of("mca", "ca", "msa", "nsa", "sa");

    private AttentionBlocks() {
    }

    /** Block names without repetition, in the order of {@link #NAMES}. @throws RlrException if one does not exist or none is given */
    public static List<String> inOrder(List<String> names) {
        for (String name : names) {
            if (!NAMES.contains(name)) {
                throw new RlrException("attention block '" + name + "' does not exist; choose from " + String.join(", ", NAMES) + " with --blocks");
            }
        }
        if (names.isEmpty()) {
            throw new RlrException("no attention block given; choose from " + String.join(", ", NAMES) + " with --blocks");
        }
        List<String> ordered = new ArrayList<>(NAMES);
        ordered.retainAll(names);
        return List.copyOf(ordered);
    }

    /** The weight of a block where no gate is learned: 2 for cross attention to the reference, 1 for the others. */
    public static float weight(String name) {
        return name.equals("mca") || name.equals("ca") ? 2 : 1;
    }

    /** Whether a block attends to the reference; a model in which none does has no reference. */
    public static boolean usesReference(String name) {
        return name.equals("mca") || name.equals("ca") || name.equals("nsa");
    }

    /** A block under a name prefix. @throws RlrException if there is none of that name */
    public static AttentionBlock create(String name, ParameterSet.Prefix names, LevelConfig c) {
        int d = c.modelWidth();
        return switch (name) {
            case "mca" -> new ReferenceAttention(names, d, c.pattern(Locality.INSIDE), ReferenceAttention.Part.EACH_CHUNK);
            case "ca" -> new ReferenceAttention(names, d, c.pattern(Locality.ALL),
                    c.blocks().contains("mca") ? ReferenceAttention.Part.LAST_CHUNK : ReferenceAttention.Part.WHOLE);
            case "msa" -> new SelfAttention(names, d, c.pattern(Locality.OUTSIDE));
            case "nsa" -> new MaskedLearnableKeyAttention(names, d, c.pattern(Locality.OUTSIDE));
            case "sa" -> new SelfAttention(names, d, c.pattern(Locality.ALL));
            default -> throw new RlrException("attention block '" + name + "' does not exist; there are " + String.join(", ", NAMES));
        };
    }
}
