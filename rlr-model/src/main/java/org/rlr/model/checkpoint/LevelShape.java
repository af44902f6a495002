package org.rlr.model.checkpoint;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlr.model.ModelException;
import org.rlr.model.attention.AttentionBlocks;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.config.GateMode;

/**
 * The shape of a level's transformer as deduced from the names and shapes in its state dict (RLR §11). The number of
 * attention heads cannot be deduced.
 *
 * @param channels channels C of the feature map
 * @param modelWidth d
 * @param layers encoder layers
 * @param blocks attention blocks of each layer, in the order of {@link AttentionBlocks#PUBLISHED}
 * @param gate weighting of the blocks
 * @param referenceTokens {@code r·L}, the length of the reference; 0 if no block uses one
 */
public record LevelShape(
        int channels, int modelWidth, int layers, List<String> blocks, GateMode gate, int referenceTokens) {
    private static final String EMBEDDING = "embedding.project_embedding.project.weight";
    private static final String REFERENCE = "ref_mca";
    private static final Pattern BLOCK =
            Pattern.compile("encoder\\.encode_layers\\.(\\d{1,4})\\.(\\w+)\\.in_proj_weight");

    /**
     * Deduces the shape; loading the transformer checks the remaining tensors.
     *
     * @param state one level's tensors
     * @param origin source of the state dict for messages
     * @return the shape
     * @throws ModelException if it is not the state dict of a level
     */
    public static LevelShape of(StateDict state, String origin) {
        Collection<String> names = state.names();
        int[] embedding = shape(state, EMBEDDING, 3, origin);
        int layers = 0;
        for (String name : names) {
            Matcher m = BLOCK.matcher(name);
            if (m.matches()) {
                layers = Math.max(layers, Integer.parseInt(m.group(1)) + 1);
                if (!AttentionBlocks.PUBLISHED.contains(m.group(2))) {
                    throw new ModelException(
                            ModelException.Reason.NOT_A_MODEL,
                            origin + " has the attention block '" + m.group(2) + "', which is not one of "
                                    + String.join(", ", AttentionBlocks.PUBLISHED),
                            "give a checkpoint of the published method; others are not supported",
                            null);
                }
            }
        }
        if (layers == 0) {
            throw notALevel(origin, "it has no tensor encoder.encode_layers.0.*.in_proj_weight");
        }
        List<String> blocks = AttentionBlocks.PUBLISHED.stream()
                .filter(b -> names.contains("encoder.encode_layers.0." + b + ".in_proj_weight"))
                .toList();
        if (blocks.isEmpty()) {
            throw notALevel(origin, "its first layer has no attention block");
        }
        GateMode gate = names.contains("encoder.gate")
                ? GateMode.GATE
                : names.contains("encoder.gate.0.weight") ? GateMode.NET : GateMode.NONE;
        int d = embedding[0];
        for (int l = 0; l < layers; l++) {
            String layer = "encoder.encode_layers." + l + ".";
            for (String block : blocks) {
                require(state, layer + block + ".in_proj_weight", 3 * d, d, origin);
            }
            require(state, layer + "ffn.fc1.weight", 4 * d, d, origin);
            require(state, layer + "ffn.fc2.weight", d, 4 * d, origin);
        }
        boolean reference = blocks.stream().anyMatch(AttentionBlocks::usesReference);
        return new LevelShape(
                embedding[1],
                embedding[0],
                layers,
                blocks,
                gate,
                reference ? shape(state, REFERENCE, 3, origin)[1] : 0);
    }

    /**
     * Checks a tensor; those checked hold nearly all parameters, so that the transformer needs no more memory than the
     * file.
     */
    private static void require(StateDict state, String name, int rows, int columns, String origin) {
        int[] actual = shape(state, name, 2, origin);
        if (actual[0] != rows || actual[1] != columns) {
            throw notALevel(
                    origin,
                    "its tensor " + name + " has shape " + Arrays.toString(actual) + " instead of [" + rows + ", "
                            + columns + "]");
        }
    }

    private static int[] shape(StateDict state, String name, int rank, String origin) {
        int[] shape = state.shape(name);
        if (shape == null) {
            throw notALevel(origin, "it has no tensor " + name);
        }
        if (shape.length != rank) {
            throw notALevel(origin, "its tensor " + name + " has " + shape.length + " axes instead of " + rank);
        }
        return shape;
    }

    private static ModelException notALevel(String origin, String why) {
        return new ModelException(
                ModelException.Reason.NOT_A_MODEL,
                origin + " is not the state dict of an RLR transformer: " + why,
                "give a checkpoint of the PyTorch implementation",
                null);
    }
}
