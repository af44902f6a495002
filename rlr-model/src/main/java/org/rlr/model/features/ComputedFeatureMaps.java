package org.rlr.model.features;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.data.ImageBatches;
import org.rlr.model.data.ImageInputs;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.InputPipeline;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.TileGrid;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;

/** Feature maps that a backbone computes on demand, while the next images are read. Safe for use by several threads. */
public final class ComputedFeatureMaps implements FeatureMaps {
    /** Number of inputs whose maps are computed together; more would only cost memory. */
    public static final int BATCH = 8;

    private static final int READ_AHEAD = 2;

    private final Backbone backbone;
    private final RlrConfig config;
    private final InputPipeline pipeline;

    /**
     * Creates maps for the levels and the image size of a configuration.
     *
     * @param backbone computes the maps; owned by the caller
     * @param config levels, input size and tiling
     */
    public ComputedFeatureMaps(Backbone backbone, RlrConfig config) {
        this(backbone, config, () -> {});
    }

    /**
     * Creates maps with a callback while waiting for images.
     *
     * @param backbone computes the maps; owned by the caller
     * @param config levels, input size and tiling
     * @param heartbeat runs ten times a second on the thread that waits for an image; its exceptions end the wait
     */
    public ComputedFeatureMaps(Backbone backbone, RlrConfig config, Runnable heartbeat) {
        this.backbone = backbone;
        this.config = config;
        this.pipeline = new InputPipeline(config, backbone.info().normalization(config), heartbeat);
    }

    @Override
    public int count(List<ImageSource> images) {
        return pipeline.count(images);
    }

    /**
     * Finds the positions of an image's tiles from its header.
     *
     * @param image the image
     * @return the grid; null if the configuration resizes whole images
     * @throws org.rlr.tensor.RlrException if it cannot be read
     */
    public @Nullable TileGrid grid(ImageSource image) {
        return pipeline.grid(image);
    }

    /**
     * Returns the maps of a decoded image.
     *
     * @param image an image of any size
     * @return its maps, computed on demand; each backbone pass in the scope of the call
     * @throws org.rlr.tensor.RlrException if its tiles would have too many pixels in total
     */
    public ImageMaps of(RgbImage image) {
        return of(pipeline.inputs(image));
    }

    private ImageMaps of(ImageInputs inputs) {
        return new ImageMaps() {
            @Override
            public @Nullable TileGrid grid() {
                return inputs.grid();
            }

            @Override
            public List<Tensor> maps(int input) {
                return features(inputs.pixels(input), 1);
            }
        };
    }

    @Override
    public void forEach(List<ImageSource> images, ImageConsumer consumer) {
        pipeline.forEach(images, READ_AHEAD, new InputPipeline.Consumer() {
            @Override
            public void accept(int index, ImageInputs inputs) {
                consumer.accept(index, of(inputs));
            }

            @Override
            public void failed(int index, RlrException e) {
                consumer.failed(index, e);
            }
        });
    }

    @Override
    public void forEachBatch(List<ImageSource> images, BatchConsumer consumer) {
        new ImageBatches(pipeline, BATCH)
                .forEach(
                        images, (first, count, pixels) -> consumer.accept(first, count, () -> features(pixels, count)));
    }

    private List<Tensor> features(float[] pixels, int count) {
        return backbone.features(
                Tensor.of(pixels, count, config.imageHeight(), config.imageWidth(), RgbImage.CHANNELS),
                config.levels());
    }
}
