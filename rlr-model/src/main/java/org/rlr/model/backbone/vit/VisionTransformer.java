package org.rlr.model.backbone.vit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.BackboneInfo;
import org.rlr.model.backbone.StateDict;
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
 * et al., ICLR 2024), with timm's names. Level i is the output of block i without class and register tokens, before the
 * final normalisation.
 */
final class VisionTransformer implements Backbone {
    /** Side of a patch in pixels, the stride of every level. */
    static final int PATCH = 14;
    /** Side of the grid that the position code is learned for, that of images of 518 pixels. */
    private static final int CODE_SIDE = 37;

    private static final int COLOURS = 3;

    private final int width;
    private final ParameterSet parameters = new ParameterSet();
    private final Parameter classToken;
    /** Null where there are none. */
    private final Parameter registerTokens;

    private final Parameter positions;
    /** Tokens before the patches that have a position code. */
    private final int codedPrefix;

    private final Conv2d patches;
    private final List<TransformerBlock> blocks = new ArrayList<>();
    /** Position codes of the patches, by rows and columns of their grid. */
    private final Map<List<Integer>, Tensor> codes = new ConcurrentHashMap<>();

    private BackboneInfo info;
    private Backend backend;
    private StateDict weights;

    /**
     * A member of the family.
     *
     * @param width channels of a token
     * @param depth number of blocks
     * @param heads attention heads
     * @param registers register tokens; where there are some, class and register tokens have no position code
     */
    record Architecture(int width, int depth, int heads, int registers) {}

    /**
     * A network without weights.
     *
     * @param deepest the last block
     */
    VisionTransformer(Architecture architecture, int deepest) {
        width = architecture.width;
        codedPrefix = architecture.registers == 0 ? 1 : 0;
        ParameterSet.Prefix names = parameters.root();
        Initializer zero = Initializer.constant(0);
        classToken = names.declare("cls_token", zero, 1, 1, width);
        registerTokens =
                architecture.registers == 0 ? null : names.declare("reg_token", zero, 1, architecture.registers, width);
        positions = names.declare("pos_embed", zero, 1, codedPrefix + CODE_SIDE * CODE_SIDE, width);
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
     * Gives it its weights.
     *
     * @return this
     * @throws org.rlr.tensor.RlrException if they are not finite or memory is short
     */
    VisionTransformer load(BackboneInfo description, Backend device, StateDict source, String origin) {
        info = description;
        backend = device;
        weights = source;
        parameters.loadFrozen(device, source, origin);
        return this;
    }

    @Override
    public BackboneInfo info() {
        return info;
    }

    @Override
    public StateDict weights() {
        return weights;
    }

    @Override
    public List<Tensor> features(Tensor images, List<Integer> levels) {
        Shape s = images.shape();
        if (s.rank() != 4 || s.dim(3) != COLOURS || s.dim(1) % PATCH != 0 || s.dim(2) % PATCH != 0) {
            throw new IllegalArgumentException("images of shape " + s + " instead of [N, H, W, " + COLOURS
                    + "] with H and W multiples of " + PATCH);
        }
        int rows = s.dim(1) / PATCH;
        int columns = s.dim(2) / PATCH;
        try (TensorScope scope = TensorScope.inference(backend)) {
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
        try (TensorScope scope = TensorScope.inference(backend)) {
            List<Tensor> tokens = new ArrayList<>();
            tokens.add(
                    codedPrefix == 0
                            ? classToken.tensor()
                            : classToken.tensor().add(positions.tensor().slice(1, 0, codedPrefix)));
            if (registerTokens != null) {
                tokens.add(registerTokens.tensor());
            }
            Tensor prefix = Functions.concat(tokens, 1);
            Tensor embedded = patches.forward(images).reshape(n, rows * columns, width);
            backend.binary(BinaryOp.ADD, embedded.view(), code(rows, columns).view(), embedded.view(), false);
            return scope.keep(Functions.concat(
                    List.of(Tensor.zeros(n, prefix.dim(1), width).add(prefix), embedded), 1));
        }
    }

    /** The position code of a grid's patches, {@code [1, rows·columns, width]}. */
    private Tensor code(int rows, int columns) {
        return codes.computeIfAbsent(List.of(rows, columns), grid -> {
            try (TensorScope scope = TensorScope.inference(backend)) {
                float[] learned = positions
                        .tensor()
                        .slice(1, codedPrefix, CODE_SIDE * CODE_SIDE)
                        .toArray();
                float[] code = BicubicResampling.resample(learned, CODE_SIDE, CODE_SIDE, width, rows, columns);
                View view = new View(backend.allocate(code.length), 0, Shape.of(1, rows * columns, width));
                backend.upload(code, 0, view);
                return Tensor.wrapUnscoped(backend, view);
            }
        });
    }

    @Override
    public void close() {
        codes.values().forEach(Tensor::close);
        parameters.close();
    }
}
