package org.rlr.bench;

import java.util.List;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.ConvGeometry;
import org.rlr.tensor.backend.Locality;

/**
 * The shapes of a run on a card: the published ones, or tiny ones for a memory checker or the stand-in driver.
 *
 * @param grids the grids of attention
 * @param levels the levels of the model (EfficientNet-b6 at 256²)
 * @param images the batch
 * @param layers the number of layers of a level
 * @param rows rows of the steps between attentions in a layer: the tokens of a batch
 * @param width their width
 * @param flat the number of values of the largest copy, and of Adam's parameters
 * @param convolutions convolutions of the backbones (wide_resnet50_2 and EfficientNet-b6 at 256²) and, with gradients,
 *     of the decoder
 */
record GpuShapes(
        List<Grid> grids,
        List<Grid> levels,
        int heads,
        int images,
        int layers,
        int rows,
        int width,
        int flat,
        List<Convolution> convolutions) {
    static final GpuShapes PUBLISHED = new GpuShapes(
            List.of(new Grid(32, 0, 256, 7), new Grid(16, 0, 512, 5), new Grid(64, 0, 128, 11)),
            List.of(new Grid(32, 72, 256, 7), new Grid(16, 200, 512, 5)),
            8,
            16,
            4,
            16384,
            256,
            64 << 20,
            List.of(
                    new Convolution(256, 3, 64, ConvGeometry.padded(7, 2, 3, 1), false),
                    new Convolution(64, 128, 128, ConvGeometry.padded(3, 1, 1, 1), false),
                    new Convolution(64, 256, 256, ConvGeometry.padded(3, 2, 1, 1), false),
                    new Convolution(64, 256, 512, ConvGeometry.padded(1, 2, 0, 1), false),
                    new Convolution(32, 256, 256, ConvGeometry.padded(3, 1, 1, 1), true),
                    new Convolution(32, 512, 512, ConvGeometry.padded(3, 2, 1, 1), false),
                    new Convolution(16, 512, 512, ConvGeometry.padded(3, 1, 1, 1), false),
                    new Convolution(8, 1024, 1024, ConvGeometry.padded(3, 1, 1, 1), false),
                    new Convolution(256, 3, 56, ConvGeometry.same(3, 2, 1), false),
                    new Convolution(64, 240, 240, ConvGeometry.same(3, 1, 240), false),
                    new Convolution(32, 432, 432, ConvGeometry.same(5, 1, 432), false)));
    static final GpuShapes TINY = new GpuShapes(
            List.of(new Grid(8, 0, 32, 3), new Grid(6, 0, 128, 5)),
            List.of(new Grid(8, 6, 32, 3), new Grid(4, 10, 64, 3)),
            2,
            2,
            1,
            64,
            32,
            4096,
            List.of(
                    new Convolution(10, 3, 8, ConvGeometry.padded(7, 2, 3, 1), false),
                            new Convolution(8, 8, 16, ConvGeometry.padded(3, 1, 1, 1), true),
                    new Convolution(8, 6, 8, ConvGeometry.same(3, 2, 1), true),
                            new Convolution(8, 8, 8, ConvGeometry.same(5, 1, 8), false)));

    /** A token grid of {@code side²}, the features' channels, the model's width and the window size. */
    record Grid(int side, int channels, int width, int window) {
        @Override
        public String toString() {
            return side + "x" + side + "/" + width + "/" + window;
        }
    }

    /**
     * A convolution of images of {@code side²} with random weights, bias and ReLU; its row's name is kernel, stride,
     * channels and image.
     */
    record Convolution(int side, int channels, int outChannels, ConvGeometry geometry, boolean gradients) {
        @Override
        public String toString() {
            return "convolution " + geometry.kernel() + "x" + geometry.kernel() + "/" + geometry.stride()
                    + (geometry.groups() > 1 ? " depthwise " : " ") + channels + ">" + outChannels + " " + side + "x"
                    + side;
        }

        boolean depthwise() {
            return geometry.groups() > 1;
        }
    }

    static GpuShapes of(boolean tiny) {
        return tiny ? TINY : PUBLISHED;
    }

    boolean tiny() {
        return equals(TINY);
    }

    /** The smallest shapes that still fill a card, because each result is fetched many times. */
    GpuShapes smaller() {
        return tiny()
                ? TINY
                : new GpuShapes(grids, levels, heads, 4, layers, rows / 4, width, rows * width, convolutions);
    }

    AttentionPattern pattern(Grid grid, Locality locality) {
        return new AttentionPattern(heads, grid.side(), grid.side(), grid.window(), locality);
    }

    /** A level with the published blocks, without gates. */
    LevelConfig level(Grid grid) {
        return LevelConfig.builder(grid.channels(), grid.side(), grid.side(), grid.width())
                .heads(heads)
                .layers(layers)
                .windowSize(grid.window())
                .build();
    }
}
