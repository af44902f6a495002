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
 * What a decoder's file says about itself: which features it reads, and how it was trained.
 *
 * @param backbone name of the feature extractor
 * @param levels feature levels, the finest first: two of strides 8 and 16, or three of strides 4, 8 and 16
 * @param channels channels of each
 * @param imageHeight rows of the pictures
 * @param imageWidth columns of the pictures
 * @param averagePool whether feature maps are smoothed by a 3×3 average
 * @param tiling how images were cut into tiles; null where they were whole
 * @param features SHA-256 of the backbone's weights and the features' statistics
 * @param training how it was trained
 * @param images training images
 * @param loss mean squared error of the last epoch, of normalised pixels
 * @param normalization how pixels are normalised; null for the way of the backbone
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
    /** Of the grids that the networks of two and of three levels read. */
    private static final List<List<Integer>> STRIDES = List.of(List.of(8, 16), List.of(4, 8, 16));

    /**
     * Of a decoder for a model's features that is not trained yet.
     *
     * @param model whose features are to be decoded
     * @param training how it will be trained
     * @param images training images
     * @return a description with a loss of NaN
     * @throws ModelException if there is none for the model's levels
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
                            + "; a feature decoder is for strides [8, 16] or [4, 8, 16]",
                    (fitting.isEmpty() ? "" : "train a model with `levels` " + fitting + ", or ")
                            + "look at `FeatureColors`, which needs no decoder",
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
     * A decoder of the same features that was trained in another way.
     *
     * @param otherTraining how it was trained
     * @param otherImages training images
     * @param otherLoss mean squared error of the last epoch
     * @return a copy with all three
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

    /** {@return whether there is a network for what a file says} */
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
     * Checks that a model's features are those that the decoder was trained on.
     *
     * @param model whose features are to be decoded
     * @param origin the decoder's file, for the message
     * @throws ModelException naming what differs
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
            differences.add("other weights of the backbone or other statistics of the features");
        }
        if (!differences.isEmpty()) {
            throw new ModelException(
                    ModelException.Reason.DOES_NOT_FIT,
                    "the decoder " + origin + " does not fit the model: " + String.join("; ", differences),
                    "train one for this model with `DecoderTrainer`, or look at `FeatureColors`, which needs none",
                    null);
        }
    }

    /** How large things are in pictures; how far tiles overlap does not matter. */
    private static String resolution(@Nullable Tiling tiling) {
        return tiling == null ? "resized as a whole" : "cut into tiles after a resize by " + tiling.scale();
    }

    private static void compare(List<String> differences, String what, Object own, Object wanted) {
        if (!own.equals(wanted)) {
            differences.add(what + " " + own + " (the model: " + wanted + ")");
        }
    }
}
