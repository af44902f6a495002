package org.rlr.model.transformer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.attention.AttentionBlocks;
import org.rlr.model.attention.Reference;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.Functions;
import org.rlr.tensor.autograd.FusedFunctions;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.nn.Initializer;
import org.rlr.tensor.nn.LayerNorm;
import org.rlr.tensor.nn.Linear;
import org.rlr.tensor.nn.Parameter;
import org.rlr.tensor.nn.ParameterSet;

/**
 * The transformer of one feature level: reconstructs tokens {@code [N, L, C]} with a learnable reference (RLR §4 to
 * §8). Names in the state dict are those of the public implementation (§11). Several threads may use it for inference.
 */
public final class RlrTransformer implements AutoCloseable {
    private static final float COSINE_FLOOR = 1e-8f;

    private final LevelConfig config;
    private final ParameterSet parameters = new ParameterSet();
    private final TokenEmbedding embedding;
    /** Null if no block uses the reference. */
    private final @Nullable LearnedReference learned;

    private final Gate gate;
    private final List<EncoderLayer> layers = new ArrayList<>();
    private final LayerNorm norm;
    private final Linear projection;
    private final Backend backend;
    private final boolean training;
    private final Tensor position;
    private final Tensor referencePosition;
    private @Nullable Reference frozen;

    private record LearnedReference(Parameter tokens, TokenEmbedding embedding) {}

    /**
     * Creates a transformer whose parameters are zero until {@link ParameterSet#initialize} or
     * {@link ParameterSet#load}.
     *
     * @param settings width, layers, blocks in any order, grid
     * @param backend holds the parameters; owned by the caller
     * @param training whether gradients are kept
     * @throws org.rlr.tensor.RlrException if a block does not exist or memory runs out
     */
    public RlrTransformer(LevelConfig settings, Backend backend, boolean training) {
        this(settings, backend, training, declared -> {});
    }

    /**
     * Creates a transformer for inference from a state dict, which is checked before memory is allocated.
     *
     * @param settings width, layers, blocks in any order, grid
     * @param backend holds the parameters; owned by the caller
     * @param weights shapes and values
     * @param origin source of the dict for messages: a file and the place in it
     * @return the transformer; the caller closes it
     * @throws org.rlr.tensor.io.TensorFileException if the dict does not fit or holds values that are not finite
     * @throws org.rlr.tensor.RlrException if a block does not exist or memory runs out
     */
    public static RlrTransformer load(
            LevelConfig settings, Backend backend, ParameterSet.Source weights, String origin) {
        RlrTransformer transformer =
                new RlrTransformer(settings, backend, false, declared -> declared.requireFits(weights, origin));
        try {
            transformer.parameters().load(weights, origin);
            return transformer;
        } catch (Throwable t) {
            transformer.close();
            throw t;
        }
    }

    private RlrTransformer(
            LevelConfig settings, Backend backend, boolean training, Consumer<ParameterSet> beforeAllocation) {
        config = settings.toBuilder()
                .blocks(AttentionBlocks.inOrder(settings.blocks()))
                .build();
        this.backend = backend;
        this.training = training;
        int modelWidth = config.modelWidth();
        int c = config.channels();
        ParameterSet.Prefix root = parameters.root();
        Parameter referenceTokens = config.blocks().stream().anyMatch(AttentionBlocks::usesReference)
                ? root.declare("ref_mca", Initializer.normal(1), 1, config.refLen() * config.tokens(), c)
                : null;
        embedding = new TokenEmbedding(root.sub("embedding"), c, modelWidth);
        learned = referenceTokens == null
                ? null
                : new LearnedReference(
                        referenceTokens, new TokenEmbedding(root.sub("ref_mca_embedding"), c, modelWidth));
        ParameterSet.Prefix encoder = root.sub("encoder");
        gate = new Gate(encoder, config);
        for (int l = 0; l < config.layers(); l++) {
            layers.add(new EncoderLayer(encoder.sub("encode_layers").sub(Integer.toString(l)), config, l));
        }
        norm = new LayerNorm(encoder.sub("norm"), modelWidth);
        projection = new Linear(root.sub("projection"), modelWidth, c);
        beforeAllocation.accept(parameters);
        List<Tensor> codes = new ArrayList<>();
        try {
            codes.add(positionalCode(1));
            codes.add(positionalCode(config.refLen()));
            parameters.allocate(backend, training);
        } catch (RuntimeException | Error e) {
            codes.forEach(Tensor::close);
            parameters.close();
            throw e;
        }
        position = codes.get(0);
        referencePosition = codes.get(1);
    }

    /** Code of the grid, repeated: {@code [repeats·h·w, d]}; belongs to no scope. */
    private Tensor positionalCode(int repeats) {
        return Reference.unscoped(
                backend,
                () -> Tensor.of(
                        PositionalCode.of(config.gridHeight(), config.gridWidth(), config.modelWidth(), repeats),
                        repeats * config.tokens(),
                        config.modelWidth()));
    }

    /** {@return the settings} */
    public LevelConfig config() {
        return config;
    }

    /** {@return the parameters, with the names of the state dict} */
    public ParameterSet parameters() {
        return parameters;
    }

    /**
     * Returns the learned reference in the feature space (RLR §5) as chunks of {@code L·C} values, row-major; empty if
     * no block uses it.
     *
     * @return {@link LevelConfig#refLen} arrays of {@code L·C}
     */
    public List<float[]> reference() {
        if (learned == null) {
            return List.of();
        }
        float[] all = learned.tokens.tensor().toArray();
        int chunk = all.length / config.refLen();
        return IntStream.range(0, config.refLen())
                .mapToObj(i -> Arrays.copyOfRange(all, i * chunk, (i + 1) * chunk))
                .toList();
    }

    /**
     * Reconstructs tokens {@code [N, L, C]}; with gradients in a scope with a tape.
     *
     * @param x perturbed tokens {@code [N, L, C]}, L and C those of the configuration
     * @return {@code [N, L, C]}, in the innermost scope
     * @throws IllegalArgumentException if the shape does not fit
     */
    public Tensor forward(Tensor x) {
        Reference reference = learned == null ? null : new Reference(embed(learned), config.refLen(), false);
        return encode(x, reference, false);
    }

    /**
     * Reconstructs tokens {@code [N, L, C]} without gradients. The first call computes the reference's keys and values;
     * the parameters are frozen from then on.
     *
     * @param x tokens {@code [N, L, C]}
     * @return {@code [N, L, C]}, in the innermost scope
     * @throws IllegalStateException if the transformer was created for training, as cached keys and values would become
     *     stale
     * @throws IllegalArgumentException if the shape does not fit
     */
    public Tensor reconstruct(Tensor x) {
        return encode(x, frozenReference(), !TensorScope.current().hasTape());
    }

    /** Null if no block uses the reference. */
    private synchronized @Nullable Reference frozenReference() {
        if (training) {
            throw new IllegalStateException("reconstruct() is for inference; use forward() while training");
        }
        parameters.freeze();
        LearnedReference reference = learned;
        if (frozen == null && reference != null) {
            frozen = new Reference(Reference.unscoped(backend, () -> embed(reference)), config.refLen(), true);
        }
        return frozen;
    }

    private Tensor embed(LearnedReference reference) {
        return reference.embedding.forward(reference.tokens.tensor(), referencePosition);
    }

    /**
     * @param closing whether to close intermediate results of each part; a reference that is not frozen would lose
     *     tensors that the first layer derived from it
     */
    private Tensor encode(Tensor x, @Nullable Reference reference, boolean closing) {
        Tensor tokens = EncoderLayer.part(closing, () -> embedding.forward(x, position));
        for (EncoderLayer layer : layers) {
            Tensor input = tokens;
            tokens = EncoderLayer.part(closing, () -> layer.forward(input, reference, gate, closing));
            if (closing) {
                input.close();
            }
        }
        Tensor encoded = tokens;
        return EncoderLayer.part(closing, () -> projection.forward(norm.forward(encoded)));
    }

    /**
     * Computes the training loss of a reconstruction against the unperturbed tokens (RLR §8), a scalar.
     *
     * @param reconstruction {@code [N, L, C]}
     * @param target {@code [N, L, C]}, without gradient
     * @return a scalar
     * @throws IllegalArgumentException if the shapes differ or the target requires gradients
     */
    public Tensor loss(Tensor reconstruction, Tensor target) {
        Tensor loss = FusedFunctions.reconstructionLoss(reconstruction, target);
        return config.referenceLoss() && learned != null && config.refLen() > 1
                ? loss.add(referenceLoss(learned.tokens.tensor()))
                : loss;
    }

    /**
     * Mean cosine similarity, token by token, of every pair i &lt; j of the raw reference's chunks, each over r(r−1).
     */
    private Tensor referenceLoss(Tensor reference) {
        int r = config.refLen();
        Tensor raw = reference.reshape(r, config.tokens(), config.channels());
        Tensor sum = similarity(raw, 0, 1);
        for (int i = 0; i < r; i++) {
            for (int j = i == 0 ? 2 : i + 1; j < r; j++) {
                sum = sum.add(similarity(raw, i, j));
            }
        }
        return sum.affine(1f / (r * (r - 1)), 0);
    }

    private static Tensor similarity(Tensor chunks, int i, int j) {
        return cosine(Functions.narrow(chunks, i, 1), Functions.narrow(chunks, j, 1))
                .mean();
    }

    private static Tensor cosine(Tensor a, Tensor b) {
        Tensor norms = norm(a).mul(norm(b));
        // max(n, floor) = relu(n − floor) + floor
        Tensor floored = norms.affine(1, -COSINE_FLOOR).apply(UnaryOp.RELU).affine(1, COSINE_FLOOR);
        return Functions.binary(BinaryOp.DIV, a.mul(b).sum(-1), floored);
    }

    private static Tensor norm(Tensor x) {
        return x.apply(UnaryOp.SQUARE).sum(-1).apply(UnaryOp.SQRT);
    }

    /** Releases the memory. */
    @Override
    public synchronized void close() {
        if (frozen != null) {
            frozen.close();
            frozen = null;
        }
        position.close();
        referencePosition.close();
        parameters.close();
    }
}
