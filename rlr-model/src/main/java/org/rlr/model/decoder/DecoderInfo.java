package org.rlr.model.decoder;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rlr.model.FeatureDigest;
import org.rlr.model.ModelException;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.BackboneInfo;
import org.rlr.model.config.Normalization;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Tiling;
import org.rlr.model.data.ImageSize;

/**
 * The description in a decoder's file: the features it reads, and how it was trained.
 *
 * @param backbone name of the feature extractor
 * @param levels feature levels, the finest first: two of strides 8 and 16, or three of strides 4, 8 and 16
 * @param channels channels of each level
 * @param imageHeight rows of the pictures
 * @param imageWidth columns of the pictures
 * @param averagePool whether feature maps are smoothed by a 3×3 average
 * @param tiling how images were cut into tiles; null if they were not
 * @param features SHA-256 of the backbone's weights and the features' statistics
 * @param training settings of its training
 * @param images number of training images
 * @param loss mean squared error of the last epoch, of normalised pixels
 * @param normalization normalisation of pixels; null for the backbone's
 */
public record DecoderInfo(
        String backbone,
        List<Integer> levels,
        List<Integer> channels,
        int imageHeight,
        int imageWidth,
        boolean averagePool,
        @Nullable Tiling tiling,
        String features,
        DecoderSettings training,
        int images,
        double loss,
        @Nullable Normalization normalization) {
    /** Strides of the levels that the networks for two and for three levels read. */
    private static final List<List<Integer>> STRIDES = List.of(List.of(8, 16), List.of(4, 8, 16));

    /**
     * Describes an untrained decoder for a model's features.
     *
     * @param model model whose features the decoder will read
     * @param training settings of its training
     * @param images number of training images
     * @return a description with a loss of NaN
     * @throws ModelException if no decoder network fits the model's levels
     */
    public static DecoderInfo of(RlrModel model, DecoderSettings training, int images) {
        RlrConfig c = model.info().config();
        BackboneInfo backbone = model.backbone().info();
        List<Integer> strides = strides(model);
        if (!STRIDES.contains(strides)) {
            String fitting = backbone.levels().stream()
                    .filter(level -> STRIDES.get(0).contains(level.stride()))
                    .map(level -> Integer.toString(level.level()))
                    .collect(Collectors.joining(","));
            throw new ModelException(
                    ModelException.Reason.DOES_NOT_FIT,
                    "the model's feature levels " + c.levels() + " have strides " + strides
                            + "; a feature decoder needs strides [8, 16] or [4, 8, 16]",
                    (fitting.isEmpty() ? "" : "train a model with `levels` " + fitting + ", or ")
                            + "use `FeatureColors`, which needs no decoder",
                    null);
        }
        List<Integer> channels = c.levels().stream()
                .map(level -> backbone.level(level).channels())
                .toList();
        return new DecoderInfo(
                c.backbone(),
                c.levels(),
                channels,
                c.imageHeight(),
                c.imageWidth(),
                c.averagePool(),
                c.tiling(),
                FeatureDigest.of(model),
                training,
                images,
                Double.NaN,
                c.normalization());
    }

    /**
     * Returns a copy for a decoder of the same features with another training.
     *
     * @param otherTraining settings of its training
     * @param otherImages number of training images
     * @param otherLoss mean squared error of the last epoch
     * @return the copy
     */
    public DecoderInfo with(DecoderSettings otherTraining, int otherImages, double otherLoss) {
        return new DecoderInfo(
                backbone,
                levels,
                channels,
                imageHeight,
                imageWidth,
                averagePool,
                tiling,
                features,
                otherTraining,
                otherImages,
                otherLoss,
                normalization);
    }

    private static List<Integer> strides(RlrModel model) {
        BackboneInfo backbone = model.backbone().info();
        return model.info().config().levels().stream()
                .map(level -> backbone.level(level).stride())
                .toList();
    }

    /** {@return pixels per position of each level's grid} */
    public List<Integer> strides() {
        return STRIDES.stream()
                .filter(strides -> strides.size() == levels.size())
                .findFirst()
                .orElseThrow();
    }

    /** {@return whether there is a decoder network for this description} */
    public boolean usable() {
        return backbone != null
                && features != null
                && training != null
                && levels != null
                && STRIDES.stream().anyMatch(strides -> strides.size() == levels.size())
                && channels != null
                && channels.size() == levels.size()
                && channels.stream().allMatch(c -> c != null && c > 0)
                && imageHeight > 0
                && imageWidth > 0;
    }

    /**
     * Checks that the decoder was trained on a model's features.
     *
     * @param model model whose features you want to decode
     * @param origin the decoder's file, for messages
     * @throws ModelException naming the differences
     */
    public void requireFits(RlrModel model, String origin) {
        RlrConfig c = model.info().config();
        List<String> differences = new ArrayList<>();
        compare(differences, "backbone", backbone, c.backbone());
        compare(differences, "levels", levels, c.levels());
        compare(differences, "strides", strides(), strides(model));
        compare(
                differences,
                "image size",
                new ImageSize(imageWidth, imageHeight),
                new ImageSize(c.imageWidth(), c.imageHeight()));
        compare(differences, "3x3 average", averagePool, c.averagePool());
        compare(
                differences,
                "normalisation",
                normalization == null ? model.backbone().info().normalization() : normalization,
                model.backbone().info().normalization(c));
        compare(differences, "images", resolution(tiling), resolution(c.tiling()));
        if (differences.isEmpty() && !features.equals(FeatureDigest.of(model))) {
            differences.add("other backbone weights or feature statistics");
        }
        if (!differences.isEmpty()) {
            throw new ModelException(
                    ModelException.Reason.DOES_NOT_FIT,
                    "the decoder " + origin + " does not fit the model: " + String.join("; ", differences),
                    "train one for this model with `DecoderTrainer`, or use `FeatureColors`, which needs none",
                    null);
        }
    }

    /** The size of objects in pictures; the overlap of tiles does not matter. */
    private static String resolution(@Nullable Tiling tiling) {
        return tiling == null ? "resized as a whole" : "cut into tiles after a resize by " + tiling.scale();
    }

    private static void compare(List<String> differences, String what, Object own, Object wanted) {
        if (!own.equals(wanted)) {
            differences.add(what + " " + own + " (the model: " + wanted + ")");
        }
    }
}
