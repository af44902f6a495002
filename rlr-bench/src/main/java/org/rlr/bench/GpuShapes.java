package org.rlr.bench;

import java.util.List;
import org.rlr.model.GateMode;
import org.rlr.model.LevelConfig;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;

/**
 * The sizes of what is run on a card: the published ones, or tiny ones, which a checker of memory or the stand-in for a driver gets through.
 *
 * @param grids  what attention is run on
 * @param levels the levels of the model (EfficientNet-b6 at 256²)
 * @param images the batch
 * @param layers of a level
 * @param rows   of the steps of a layer between attentions: tokens of a batch
 * @param width  of those
 * @param flat   values of the largest copy and of the arena that Adam steps
 */
record GpuShapes(List<Grid> grids, List<Grid> levels, int heads, int images, int layers, int rows, int width, int flat) {
    static final GpuShapes PUBLISHED = new GpuShapes(List.of(new Grid(32, 0, 256, 7), new Grid(16, 0, 512, 5), new Grid(64, 0, 128, 11)),
            List.of(new Grid(32, 72, 256, 7), new Grid(16, 200, 512, 5)), 8, 16, 4, 16384, 256, 64 << 20);
    static final GpuShapes TINY = new GpuShapes(List.of(new Grid(8, 0, 32, 3), new Grid(6, 0, 128, 5)),
            List.of(new Grid(8, 6, 32, 3), new Grid(4, 10, 64, 3)), 2, 2, 1, 64, 32, 4096);

    /** A token grid of {@code side²}, the features' channels, the model's width and the side of the window. */
    record Grid(int side, int channels, int width, int window) {
        @Override
        public String toString() {
            return side + "x" + side + "/" + width + "/" + window;
        }
    }

    static GpuShapes of(boolean tiny) {
        return tiny ? TINY : PUBLISHED;
    }

    /** As little as still fills a card, where each result is fetched again and again. */
    GpuShapes smaller() {
        return this == TINY ? TINY : new GpuShapes(grids, levels, heads, 4, layers, rows / 4, width, rows * width);
    }

    AttentionPattern pattern(Grid grid, Locality locality) {
        return new AttentionPattern(heads, grid.side(), grid.side(), grid.window(), locality);
    }

    /** A level with the published blocks, without gates. */
    LevelConfig level(Grid grid) {
        return new LevelConfig(grid.channels(), grid.side(), grid.side(), grid.width(), heads, layers, List.of("mca", "nsa"), GateMode.NONE, 1, grid.window(), false);
    }
}
