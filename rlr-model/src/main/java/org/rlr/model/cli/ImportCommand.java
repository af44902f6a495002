package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelException;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.checkpoint.Checkpoint;
import org.rlr.model.checkpoint.CheckpointImport;
import org.rlr.model.checkpoint.ReferenceGrid;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.config.Texts;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.train.Trainer;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.backend.Backend;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rlr import}. */
@Command(
        name = "import",
        defaultValueProvider = OptionDefaults.Import.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Make a model from a checkpoint of the PyTorch implementation (best-img.pth, best-pix.pth, "
                    + "latest.pth), or from the SafeTensors files of 'rlr export', one per level.",
            "Widths, grids, blocks, gates, layers and the reference length are read from the tensors. Give the "
                    + "backbone's weights and a threshold here, since a checkpoint does not contain them."
        })
final class ImportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "CHECKPOINT",
            description = "The checkpoint, or the SafeTensors files of all levels.")
    private List<Path> checkpoints;

    @Option(names = "--out", required = true, paramLabel = "MODEL", description = "Model file to write (SafeTensors).")
    private Path out;

    @ArgGroup(multiplicity = "1")
    private Threshold threshold;

    /** The source of the threshold. */
    private static final class Threshold {
        @Option(
                names = "--data",
                paramLabel = "DIR",
                description = "Images that the checkpoint was trained on; the threshold is computed from their "
                        + "scores, as in 'rlr train'.")
        private Path data;

        @Option(names = "--threshold", paramLabel = "X", description = "Image score above which an image is anomalous.")
        private double value;
    }

    @Mixin
    private LayoutOption layout;

    @Option(
            names = "--classes",
            paramLabel = "NAME",
            split = ",",
            description = "Names of the product classes, for the model's description (default: those of --data).")
    private List<String> classes;

    @Option(
            names = "--backbone",
            paramLabel = "NAME",
            description = "Feature extractor (default: tf_efficientnet_b6 or wide_resnet50_2, whichever matches the "
                    + "channels).")
    private String backbone;

    @Mixin
    private WeightsOptions weights;

    @Option(
            names = "--levels",
            paramLabel = "LEVEL",
            split = ",",
            description = "Feature levels in order, the out_indices (default: those that match the channels).")
    private List<Integer> levels;

    @Option(
            names = "--image-size",
            paramLabel = "S|HxW",
            converter = ImageSizeConverter.class,
            description = "Size that images are resized to, in pixels (inp_size): one side, or HEIGHTxWIDTH as in "
                    + "256x384 (default: the side that fits; the usual one if several fit).")
    private ImageSize imageSize;

    @Mixin
    private TilingOptions tiles;

    @Option(
            names = "--heads",
            paramLabel = "N",
            description = "Attention heads, which the tensors do not show (default: ${DEFAULT-VALUE}).")
    private int heads;

    @Option(
            names = "--window",
            paramLabel = "LEVEL=SIZE",
            split = ",",
            description = "Attention window size of a level in tokens, odd, which the tensors do not show (default: "
                    + "by the grid, 5 for 16x16, 7 for 32x32).")
    private Map<Integer, Integer> windows;

    @Option(
            names = "--normalization",
            paramLabel = "HOW",
            converter = NormalizationOption.Converter.class,
            description = "How pixels are normalised: imagenet, as the PyTorch implementation does for all "
                    + "backbones; backbone, as the backbone requires; or MEAN/DEVIATION for values in "
                    + "0 to 1, with one or three numbers each, as in 0.5/0.5 or "
                    + "0.485,0.456,0.406/0.229,0.224,0.225 (default: ${DEFAULT-VALUE}).")
    private NormalizationOption normalization;

    @Option(
            names = "--no-avg-pool",
            description = "Do not smooth the feature maps; for a checkpoint trained with no_avg.")
    private boolean noAveragePool;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() {
        PrintWriter text = spec.commandLine().getOut();
        OutputFiles.requireWritable(out, "--out");
        InvalidSettingException.require(
                threshold.data != null || Double.isFinite(threshold.value), "threshold", threshold.value, "a number");
        layout.requireData(threshold.data);
        DataSet images = threshold.data == null
                ? null
                : layout.read(threshold.data, spec).requireTraining();
        try (Checkpoint checkpoint = Checkpoint.open(checkpoints)) {
            CheckpointImport model = CheckpointImport.of(
                    checkpoint,
                    new CheckpointImport.Options(
                            backbone,
                            levels,
                            imageSize,
                            heads,
                            !noAveragePool,
                            tiles.of(null),
                            windows,
                            normalization.value()));
            RlrConfig config = model.config();
            text.printf(
                    "backbone %s, levels %s, %s, width %d, %s, blocks %s, gate %s, reference length %d; "
                            + "assumed: %s, %s%s, normalisation %s%n",
                    config.backbone(),
                    config.levels(),
                    pixels(config),
                    config.width(),
                    Texts.count(config.layers(), "layer"),
                    String.join(" ", config.blocks()),
                    config.gate(),
                    config.refLen(),
                    Texts.count(config.heads(), "head"),
                    config.averagePool() ? "smoothed feature maps" : "feature maps not smoothed",
                    config.windows() == null ? "" : ", attention windows " + config.windowText(),
                    Backbones.info(config.backbone()).normalization(config));
            if (imageSize == null && !model.alternatives().isEmpty()) {
                text.printf(
                        "image size %d is assumed; the references also fit --image-size %s%n",
                        config.imageHeight(),
                        String.join(
                                " or ",
                                model.alternatives().stream()
                                        .map(ImportCommand::describe)
                                        .toList()));
            }
            text.flush();
            try (Backend device = backend.open();
                    TrainingProgress progress = new TrainingProgress();
                    RlrModel unscored = load(model, checkpoint, device, images)) {
                List<ImageSource> files = images == null
                        ? List.of()
                        : images.train().stream().map(Sample::image).toList();
                ScoreStatistics scores = images == null
                        ? ScoreStatistics.given(threshold.value)
                        : Trainer.scores(new AnomalyScorer(unscored), files, progress);
                progress.end();
                ModelInfo info = unscored.info();
                // the loaded model still closes the parts
                ModelFile.save(
                        new RlrModel(
                                device,
                                ModelInfo.builder(config)
                                        .classes(info.classes())
                                        .images(files.size())
                                        .scores(scores)
                                        .origin(info.origin())
                                        .build(),
                                unscored.backbone(),
                                null,
                                unscored.levels()),
                        out);
                text.printf(
                        Locale.ROOT,
                        "%s: threshold %.4f%s%n",
                        FileNames.printable(out),
                        scores.threshold(),
                        images == null ? "" : " from " + Texts.count(files.size(), "normal image"));
            }
        }
        text.flush();
        return 0;
    }

    private static String pixels(RlrConfig config) {
        String size = new ImageSize(config.imageWidth(), config.imageHeight()) + " pixels";
        return config.tiling() == null ? size : "tiles of " + size + " " + config.tiling();
    }

    private static String describe(ReferenceGrid grid) {
        return grid.imageSize() + " (reference length " + grid.refLen() + ")";
    }

    private RlrModel load(CheckpointImport model, Checkpoint checkpoint, Backend device, @Nullable DataSet images) {
        RlrConfig config = model.config();
        List<String> names = classes != null
                ? classes
                : images == null
                        ? List.of()
                        : images.classes().stream().map(ClassSamples::name).toList();
        String origin = "checkpoint "
                + String.join(
                        ", ",
                        checkpoints.stream()
                                .map(p -> p.getFileName().toString())
                                .toList())
                + (checkpoint.epoch().isPresent()
                        ? " of epoch " + (checkpoint.epoch().getAsLong() + 1)
                        : "");
        Backbone features = Backbones.open(config.backbone(), weights.of(config.backbone()), config.levels(), device);
        try {
            if (features.info().standardized()) {
                throw new ModelException(
                        ModelException.Reason.DOES_NOT_FIT,
                        "features of '" + config.backbone()
                                + "' are standardised by statistics that a checkpoint does not contain",
                        "it cannot be imported",
                        null);
            }
            List<RlrTransformer> transformers = model.transformers(features, device);
            return new RlrModel(
                    device,
                    ModelInfo.builder(config)
                            .classes(names)
                            .scores(ScoreStatistics.given(0))
                            .origin(origin)
                            .build(),
                    features,
                    null,
                    transformers);
        } catch (Throwable t) {
            features.close();
            throw t;
        }
    }
}
