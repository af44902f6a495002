package org.rlr.model.features;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.TileGrid;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;

/**
 * Provides the backbone's feature maps of images (RLR §2): {@linkplain ComputedFeatureMaps computed} on demand, or
 * precomputed and {@linkplain org.rlr.model.train.SharedFeatures shared} by several trainings. Maps are neither
 * standardised nor smoothed, as trainings on the same images may do this differently.
 */
public interface FeatureMaps {

    /**
     * The feature maps of one image: of the whole, or of one tile at a time, so that a large image needs only the
     * memory of a tile.
     */
    interface ImageMaps {
        /** {@return positions of the tiles; null for the whole image} */
        @Nullable
        TileGrid grid();

        /**
         * Returns the maps of one input, in the innermost scope: per level of the configuration {@code [1, h, w, C]}.
         *
         * @param input 0 for a whole image, otherwise the index of the tile, from 0, row-major
         * @return per level {@code [1, h, w, C]}
         */
        List<Tensor> maps(int input);
    }

    /** Receives images one by one. */
    @FunctionalInterface
    interface ImageConsumer {
        /**
         * Receives an image.
         *
         * @param index index in the list, from 0
         * @param image its maps; valid only during this call
         */
        void accept(int index, ImageMaps image);

        /**
         * Receives the error of an image that cannot be read, in the image's turn.
         *
         * @param index index in the list, from 0
         * @param e names the image and the cause; the default implementation throws it
         */
        default void failed(int index, RlrException e) {
            throw e;
        }
    }

    /** Receives inputs, which are images or tiles, in batches. */
    @FunctionalInterface
    interface BatchConsumer {
        /**
         * Receives a batch.
         *
         * @param first index of the batch's first input among all images or all their tiles
         * @param count number of inputs in the batch
         * @param maps computes, in the innermost scope, per level of the configuration {@code [count, h, w, C]}
         */
        void accept(int first, int count, Supplier<List<Tensor>> maps);
    }

    /**
     * Counts the inputs of images.
     *
     * @param images the images
     * @return number of images, or of all their tiles
     * @throws org.rlr.tensor.RlrException naming an image that cannot be read
     */
    int count(List<ImageSource> images);

    /**
     * Passes every image to the consumer, in order, on the calling thread.
     *
     * @param images the images
     * @param consumer called once per image
     * @throws org.rlr.tensor.RlrException naming an image that cannot be read
     */
    void forEach(List<ImageSource> images, ImageConsumer consumer);

    /**
     * Passes the inputs of all images to the consumer, in order, on the calling thread.
     *
     * @param images the images
     * @param consumer called once per batch
     * @throws org.rlr.tensor.RlrException naming an image that cannot be read
     */
    void forEachBatch(List<ImageSource> images, BatchConsumer consumer);
}
