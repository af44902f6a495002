package org.rlr.model.cli;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rlr.model.attention.AttentionBlocks;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.GateMode;
import org.rlr.model.config.OptimizerMode;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Schedule;
import org.rlr.model.config.Tiling;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.config.Validation;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSize;
import org.rlr.model.train.ConfigFile;
import org.rlr.model.train.Recipe;
import org.rlr.tensor.RlrException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options for a model and its training; the defaults are those of {@link Recipe#DEFAULT}. */
final class ModelOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec mixee;

    @Option(
            names = "--recipe",
            paramLabel = "NAME",
            description = "Defaults for the options of model and training: recommended; published (the paper's); or "
                    + "fast, the published model in 20 epochs (default: ${DEFAULT-VALUE}).")
    private String recipe;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Passes over the training images (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(names = "--batch-size", paramLabel = "N", description = "Images per step (default: ${DEFAULT-VALUE}).")
    private int batchSize;

    @Option(
            names = "--lr",
            paramLabel = "X",
            description = "Learning rate of Adam (default: ${DEFAULT-VALUE}; use less for wider and deeper models).")
    private float learningRate;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            description = "Steps in which the learning rate rises to --lr (default: ${DEFAULT-VALUE}).")
    private int warmup;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description = "Learning rate after --warmup: constant, or cosine, which falls to zero at the last step "
                    + "(default: ${DEFAULT-VALUE}).")
    private String schedule;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Random seed; the same seed gives the same model, bit for bit (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--image-size",
            paramLabel = "S|HxW",
            converter = ImageSizeConverter.class,
            description = "Size that images are resized to, in pixels: one side, or HEIGHTxWIDTH as in 256x384 "
                    + "(default: ${DEFAULT-VALUE}, or the backbone's own).")
    private ImageSize imageSize;

    @Mixin
    private TilingOptions tiles;

    @Option(names = "--no-tiles", description = "Resize whole images, even if --config cuts them into tiles.")
    private boolean noTiles;

    @Option(
            names = "--levels",
            paramLabel = "LEVEL",
            split = ",",
            description = "Feature levels of the backbone; 'rlr backbones' lists them with their strides (default: "
                    + "${DEFAULT-VALUE}, or the backbone's own).")
    private List<Integer> levels;

    @Option(
            names = "--width",
            paramLabel = "N",
            description = "Model width at stride 4; it doubles with the stride (default: ${DEFAULT-VALUE}).")
    private int width;

    @Option(names = "--heads", paramLabel = "N", description = "Attention heads (default: ${DEFAULT-VALUE}).")
    private int heads;

    @Option(names = "--layers", paramLabel = "N", description = "Encoder layers (default: ${DEFAULT-VALUE}).")
    private int layers;

    @Option(
            names = "--blocks",
            paramLabel = "BLOCK",
            split = ",",
            completionCandidates = BlockNames.class,
            description = "Attention blocks of each layer, from ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private List<String> blocks;

    @Option(
            names = "--window",
            paramLabel = "LEVEL=SIZE",
            split = ",",
            description = "Attention window size of a level in tokens, odd, as in 2=9,3=5 (default: by the grid, 5 "
                    + "for 16x16, 7 for 32x32).")
    private Map<Integer, Integer> windows;

    @Option(
            names = "--gate",
            paramLabel = "MODE",
            description = "Weights of the blocks: none, gate or net (default: ${DEFAULT-VALUE}).")
    private String gate;

    @Option(
            names = "--ref-len",
            paramLabel = "N",
            description = "Number of chunks of the learnable reference (default: ${DEFAULT-VALUE}).")
    private int refLen;

    @Option(
            names = "--ref-loss",
            negatable = true,
            description = "Add a loss that pushes the chunks of the reference apart (with --ref-len of 2 or more).")
    private boolean refLoss;

    @Option(
            names = "--feature-jitter",
            paramLabel = "X",
            description = "Scale of the noise on the features in training; 0 for none (default: ${DEFAULT-VALUE}).")
    private float featureJitter;

    @Option(
            names = "--noise-prob",
            paramLabel = "X",
            description = "Share of tokens that get noise or are masked (default: ${DEFAULT-VALUE}).")
    private float noiseProb;

    @Option(names = "--mask-tokens", negatable = true, description = "Zero random tokens instead of adding noise.")
    private boolean maskTokens;

    @Option(
            names = "--optimizer",
            paramLabel = "MODE",
            description = "adam; or zero-steps, as in the PyTorch implementation: one Adam for all levels, stepped "
                    + "once per level (default: ${DEFAULT-VALUE}).")
    private String optimizer;

    @Option(
            names = "--validation",
            paramLabel = "FRACTION",
            description = "Hold out this share of each class's training images, chosen by the seed, and report their "
                    + "loss; 0 for none (default of the recommended recipe: 0.1 to 0.2 if that is "
                    + "enough for a threshold).")
    private Double validation;

    @Option(
            names = "--keep-best",
            negatable = true,
            description = "Keep the model of the epoch with the lowest validation loss instead of the last.")
    private boolean keepBest;

    @Option(
            names = "--patience",
            paramLabel = "N",
            description = "Stop the training after N epochs without a lower validation loss, and keep the best "
                    + "model; 0 for never.")
    private Integer patience;

    @Option(
            names = "--false-alarm-rate",
            paramLabel = "R",
            description = "Choose the threshold on the held-out images so that at most this share of normal images "
                    + "exceeds it (default of the recommended recipe: 0.05).")
    private Double falseAlarmRate;

    @Option(
            names = "--standardize",
            negatable = true,
            description = "Standardise each feature channel by its mean and deviation over the training images.")
    private boolean standardize;

    @Option(
            names = "--least-deviation",
            paramLabel = "X",
            description = "Least deviation that a standardised channel is divided by, relative to the mean deviation "
                    + "of its level's channels (default of the recommended recipe: 1; otherwise the "
                    + "backbone's own or 0.02).")
    private Double leastDeviation;

    @Option(
            names = "--no-avg-pool",
            negatable = true,
            description = "Smooth the feature maps (default); --no-avg-pool turns this off.")
    private boolean noAveragePool;

    /** Returns the base configuration with the given options applied. */
    RlrConfig config(String backbone, RlrConfig base) {
        return config(backbone, base, of("--blocks", blocks, base.blocks()));
    }

    /** Returns the same configuration with other blocks. */
    RlrConfig config(String backbone, RlrConfig base, List<String> blocks) {
        RlrConfig config = RlrConfig.builder(backbone)
                .imageSize(
                        of("--image-size", imageSize.height(), base.imageHeight()),
                        of("--image-size", imageSize.width(), base.imageWidth()))
                .levels(of("--levels", levels, base.levels()))
                .width(of("--width", width, base.width()))
                .heads(of("--heads", heads, base.heads()))
                .layers(of("--layers", layers, base.layers()))
                .blocks(AttentionBlocks.inOrder(blocks))
                .gate(given("--gate") ? GateMode.of(gate) : base.gate())
                .refLen(of("--ref-len", refLen, base.refLen()))
                .referenceLoss(of("--ref-loss", refLoss, base.referenceLoss()))
                .averagePool(of("--no-avg-pool", !noAveragePool, base.averagePool()))
                .standardize(of("--standardize", standardize, base.standardize()))
                .leastDeviation(given("--least-deviation") ? leastDeviation : base.leastDeviation())
                .tiling(tiling(base.tiling()))
                .windows(windows(base.windows()))
                .normalization(base.normalization())
                .build();
        config.requireFits(Backbones.info(backbone).levels());
        return config;
    }

    /** Returns the given windows, else those of the base for the levels in use. */
    private @Nullable Map<Integer, Integer> windows(@Nullable Map<Integer, Integer> base) {
        if (windows != null) {
            return windows;
        }
        if (base == null || !given("--levels")) {
            return base;
        }
        return base.entrySet().stream()
                .filter(each -> levels.contains(each.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private @Nullable Tiling tiling(@Nullable Tiling base) {
        if (noTiles) {
            if (tiles.given()) {
                throw new RlrException("--no-tiles excludes --tile-overlap and --tile-scale", "omit one of them");
            }
            return null;
        }
        return tiles.of(base);
    }

    /** Returns the base training settings with the given options applied. */
    TrainingSettings training(TrainingSettings base) {
        return TrainingSettings.builder()
                .epochs(of("--epochs", epochs, base.epochs()))
                .batchSize(of("--batch-size", batchSize, base.batchSize()))
                .learningRate(of("--lr", learningRate, base.learningRate()))
                .seed(of("--seed", seed, base.seed()))
                .featureJitter(of("--feature-jitter", featureJitter, base.featureJitter()))
                .noiseProb(of("--noise-prob", noiseProb, base.noiseProb()))
                .maskTokens(of("--mask-tokens", maskTokens, base.maskTokens()))
                .optimizer(given("--optimizer") ? OptimizerMode.of(optimizer) : base.optimizer())
                .validation(validation(base.validation()))
                .warmupSteps(of("--warmup", warmup, base.warmupSteps()))
                .schedule(given("--schedule") ? Schedule.of(schedule) : base.schedule())
                .build();
    }

    private @Nullable Validation validation(@Nullable Validation base) {
        Double fraction = given("--validation") ? validation : base == null ? null : (Double) base.fraction();
        Integer patient =
                given("--patience") ? (patience == 0 ? null : patience) : base == null ? null : base.patience();
        boolean best = given("--keep-best") ? keepBest : patient != null || (base != null && base.keepBest());
        for (String option : List.of("--keep-best", "--patience", "--false-alarm-rate")) {
            if (fraction == null && given(option) && !(option.equals("--keep-best") && !keepBest)) {
                throw new RlrException(option + " needs held-out images", "give --validation FRACTION too");
            }
        }
        // 0 turns off the validation of a configuration
        return fraction == null || (fraction == 0 && !(given("--keep-best") && keepBest))
                ? null
                : new Validation(fraction, best, patient, falseAlarmRate(fraction, base));
    }

    /** Returns the given rate, else that of the base if at least as many images are held out as there. */
    private @Nullable Double falseAlarmRate(double fraction, @Nullable Validation base) {
        if (given("--false-alarm-rate")) {
            return falseAlarmRate;
        }
        return base == null || fraction < base.fraction() ? null : base.falseAlarmRate();
    }

    /**
     * Returns the settings that the options override: those of a file, or of the chosen recipe.
     *
     * @param file null for none
     * @param backbone backbone that gives a recipe's levels and image size
     * @param data data set of which a recipe holds images out; null for none
     * @throws RlrException if both are given, or there is no such recipe
     */
    ConfigFile base(@Nullable Path file, String backbone, @Nullable DataSet data) {
        if (file == null) {
            return data == null ? Recipe.of(recipe, backbone) : Recipe.of(recipe, backbone, data);
        }
        if (given("--recipe")) {
            throw new RlrException(
                    "--recipe " + recipe + " and --config " + file + " both set the defaults", "omit one of them");
        }
        return ConfigFile.read(file);
    }

    /** Returns the training settings of the recipe for a model of that shape. */
    TrainingSettings fitted(TrainingSettings base, RlrConfig shape) {
        return Recipe.fitted(recipe, base, shape);
    }

    /** Returns whether the recipe decides how many images are held out. */
    boolean holdsOut() {
        return recipe.equals(Recipe.RECOMMENDED) && !given("--validation");
    }

    private boolean given(String option) {
        return mixee.commandLine().getParseResult().hasMatchedOption(option);
    }

    private <T> T of(String option, T value, T base) {
        return given(option) ? value : base;
    }

    /** The names of all blocks, for the help. */
    static final class BlockNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return AttentionBlocks.names().iterator();
        }
    }
}
