package org.rlr.model.features;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.TileGrid;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;

/**
 * Where the backbone's feature maps of images come from (RLR §2): {@linkplain ComputedFeatureMaps computed}, or
 * computed before and {@linkplain org.rlr.model.train.SharedFeatures shared} by several trainings. Maps are neither
 * standardised nor smoothed: that is what trainings on the same images may differ in.
 */
public interface FeatureMaps {

    /**
     * The feature maps of one image: of the whole, or of its tiles, one at a time, so that the memory of large images
     * is that of a tile.
     */
    interface ImageMaps {
        /** {@return where the tiles lie; null for the whole image} */
        @Nullable
        TileGrid grid();

        /**
         * Maps of one input, in the innermost scope: per level of the configuration {@code [1, h, w, C]}.
         *
         * @param input 0 for a whole image, else the tile, from 0, row-major
         * @return per level {@code [1, h, w, C]}
         */
        List<Tensor> maps(int input);
    }

    /** Sees the images one after the other. */
    @FunctionalInterface
    interface ImageConsumer {
        /**
         * An image, by its place in the list.
         *
         * @param index place in the list, from 0
         * @param image its maps; not to be used after this call
         */
        void accept(int index, ImageMaps image);

        /**
         * An image that cannot be read, in its turn.
         *
         * @param index place in the list, from 0
         * @param e names it and says why; thrown where this method is not overridden
         */
        default void failed(int index, RlrException e) {
            throw e;
        }
    }

    /** Sees inputs, which are images or tiles, in batches. */
    @FunctionalInterface
    interface BatchConsumer {
        /**
         * A batch.
         *
         * @param first index of the batch's first input: of the images in their order, or of all their tiles
         * @param count its inputs
         * @param maps gives, in the innermost scope, per level of the configuration {@code [count, h, w, C]}
         */
        void accept(int first, int count, Supplier<List<Tensor>> maps);
    }

    /**
     * How many inputs the images become.
     *
     * @param images where they are read from
     * @return images, or all their tiles together
     * @throws org.rlr.tensor.RlrException naming an image that cannot be read
     */
    int count(List<ImageSource> images);

    /**
     * Hands every image to the consumer, in order, on the calling thread.
     *
     * @param images where they are read from
     * @param consumer called once per image
     * @throws org.rlr.tensor.RlrException naming an image that cannot be read
     */
    void forEach(List<ImageSource> images, ImageConsumer consumer);

    /**
     * Hands the inputs of all images to the consumer, in order, on the calling thread.
     *
     * @param images where they are read from
     * @param consumer called once per batch
     * @throws org.rlr.tensor.RlrException naming an image that cannot be read
     */
    void forEachBatch(List<ImageSource> images, BatchConsumer consumer);
}
