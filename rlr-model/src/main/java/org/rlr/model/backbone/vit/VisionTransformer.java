package org.rlr.model.backbone.vit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.View;
import org.rlr.tensor.nn.Conv2d;
import org.rlr.tensor.nn.Initializer;
import org.rlr.tensor.nn.Parameter;
import org.rlr.tensor.nn.ParameterSet;

/**
 * A Vision Transformer (Dosovitskiy et al., ICLR 2021) as DINOv2 trained it (Oquab et al., TMLR 2024; registers: Darcet
 * et al., ICLR 2024), with timm's names. A feature map is the output of a block without class and register tokens,
 * before the final normalisation.
 */
final class VisionTransformer implements AutoCloseable {
    /** Patch size in pixels. */
    static final int PATCH = 14;
    /** Grid size of the learned position code, that of images of 518 pixels. */
    private static final int CODE_SIDE = 37;

    private static final int COLOURS = 3;

    private final int width;
    private final ParameterSet parameters = new ParameterSet();
    private final Parameter classToken;
    private final @Nullable Parameter registerTokens;
    private final Parameter positions;
    private final Conv2d patches;
    private final List<TransformerBlock> blocks = new ArrayList<>();
    /** Position codes of the patches, by rows and columns of their grid. */
    private final Map<List<Integer>, Tensor> codes = new ConcurrentHashMap<>();

    /**
     * A member of the family.
     *
     * @param width channels of a token
     * @param depth number of blocks
     * @param heads attention heads
     * @param registers register tokens; if there are any, class and register tokens have no position code
     * @param levels default levels: blocks whose outputs are features
     */
    record Architecture(int width, int depth, int heads, int registers, List<Integer> levels) {}

    /**
     * Builds a network without weights.
     *
     * @param deepest the last block
     */
    VisionTransformer(Architecture architecture, int deepest) {
        width = architecture.width;
        ParameterSet.Prefix names = parameters.root();
        Initializer zero = Initializer.constant(0);
        int registers = architecture.registers;
        classToken = names.declare("cls_token", zero, 1, 1, width);
        registerTokens = registers == 0 ? null : names.declare("reg_token", zero, 1, registers, width);
        int coded = CODE_SIDE * CODE_SIDE + (registers == 0 ? 1 : 0);
        positions = names.declare("pos_embed", zero, 1, coded, width);
        ConvGeometry geometry = ConvGeometry.padded(PATCH, PATCH, 0, 1);
        patches = new Conv2d(names.sub("patch_embed").sub("proj"), COLOURS, width, geometry);
        for (int i = 0; i <= deepest; i++) {
            blocks.add(new TransformerBlock(names.sub("blocks").sub(Integer.toString(i)), width, architecture.heads));
        }
    }

    ParameterSet parameters() {
        return parameters;
    }

    /**
     * Returns the outputs of some blocks, in the innermost scope.
     *
     * @param images {@code [N, H, W, 3]}
     * @param levels indices of blocks, ascending
     * @return for each {@code [N, H/14, W/14, width]}
     */
    List<Tensor> features(Tensor images, List<Integer> levels) {
        Shape s = images.shape();
        if (s.rank() != 4 || s.dim(3) != COLOURS || s.dim(1) % PATCH != 0 || s.dim(2) % PATCH != 0) {
            throw new IllegalArgumentException("images have shape " + s + " instead of [N, H, W, " + COLOURS
                    + "] with H and W multiples of " + PATCH);
        }
        int rows = s.dim(1) / PATCH;
        int columns = s.dim(2) / PATCH;
        try (TensorScope scope = TensorScope.inference(images.backend())) {
            Tensor tokens = embed(images, rows, columns);
            int prefix = tokens.dim(1) - rows * columns;
            List<Tensor> maps = new ArrayList<>();
            for (int i = 0; maps.size() < levels.size(); i++) {
                blocks.get(i).apply(tokens);
                if (levels.contains(i)) {
                    Tensor map = tokens.slice(1, prefix, rows * columns);
                    maps.add(scope.keep(map.reshape(s.dim(0), rows, columns, width)));
                }
            }
            return maps;
        }
    }

    /** Class, register and patch tokens with their position code, {@code [N, L, width]}. */
    private Tensor embed(Tensor images, int rows, int columns) {
        int n = images.dim(0);
        Backend backend = images.backend();
        try (TensorScope scope = TensorScope.inference(backend)) {
            Tensor first = classToken.tensor();
            Tensor prefix = registerTokens == null
                    ? first.add(positions.tensor().slice(1, 0, 1))
                    : Functions.concat(List.of(first, registerTokens.tensor()), 1);
            Tensor embedded = patches.forward(images).reshape(n, rows * columns, width);
            backend.binary(BinaryOp.ADD, embedded.view(), code(rows, columns).view(), embedded.view(), false);
            return scope.keep(Functions.concat(
                    List.of(Tensor.zeros(n, prefix.dim(1), width).add(prefix), embedded), 1));
        }
    }

    /** The position code of a grid's patches, {@code [1, rows·columns, width]}. */
    private Tensor code(int rows, int columns) {
        return codes.computeIfAbsent(List.of(rows, columns), grid -> {
            Backend backend = positions.tensor().backend();
            try (TensorScope scope = TensorScope.inference(backend)) {
                int learned = CODE_SIDE * CODE_SIDE;
                int first = positions.tensor().dim(1) - learned;
                float[] code = BicubicResampling.resample(
                        positions.tensor().slice(1, first, learned).toArray(),
                        CODE_SIDE,
                        CODE_SIDE,
                        width,
                        rows,
                        columns);
                View view = View.allocate(backend, Shape.of(1, rows * columns, width));
                Tensor tensor = Tensor.wrapUnscoped(backend, view);
                try {
                    backend.upload(code, 0, view);
                    return tensor;
                } catch (RuntimeException | Error e) {
                    tensor.close();
                    throw e;
                }
            }
        });
    }

    @Override
    public void close() {
        codes.values().forEach(Tensor::close);
        parameters.close();
    }
}
