package org.rlr.model.detect;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Scoring;
import org.rlr.model.data.TileGrid;
import org.rlr.model.features.Recognition;

/**
 * Scores of one image's tokens, level by level: their distances from their reconstructions. Any {@link Scoring} can
 * make a map from them; they take a fiftieth of a map's memory.
 *
 * @param levels the levels that were scored, ascending
 * @param tiles scores of the image, or of each of its tiles, in the order of {@code levels}
 * @param grid positions of the tiles; null for a whole image
 * @param height map rows of an input
 * @param width map columns of an input
 * @param recognition the recognised class of the image; null if the model recognises no classes
 */
public record LevelScores(
        List<Integer> levels,
        List<List<AnomalyMap.Level>> tiles,
        @Nullable TileGrid grid,
        int height,
        int width,
        @Nullable Recognition recognition) {
    /**
     * Creates scores of an image without a recognised class.
     *
     * @param levels the levels that were scored, ascending
     * @param tiles scores of the image, or of each of its tiles, in the order of {@code levels}
     * @param grid positions of the tiles; null for a whole image
     * @param height map rows of an input
     * @param width map columns of an input
     */
    public LevelScores(
            List<Integer> levels, List<List<AnomalyMap.Level>> tiles, @Nullable TileGrid grid, int height, int width) {
        this(levels, tiles, grid, height, width, null);
    }

    /** Copies the lists. */
    public LevelScores {
        levels = List.copyOf(levels);
        tiles = tiles.stream().map(List::copyOf).toList();
    }

    /** {@return rows of the maps, in pixels} */
    public int mapHeight() {
        return grid == null ? height : grid.image().height();
    }

    /** {@return columns of the maps, in pixels} */
    public int mapWidth() {
        return grid == null ? width : grid.image().width();
    }

    /**
     * Computes the anomaly map with a scoring.
     *
     * @param scoring levels, weights and smoothing
     * @return the map
     * @throws IllegalArgumentException if one of its levels was not scored
     */
    public AnomalyMap map(Scoring scoring) {
        double[] weights =
                scoring.weights().stream().mapToDouble(Double::doubleValue).toArray();
        List<List<AnomalyMap.Level>> chosen = new ArrayList<>();
        for (List<AnomalyMap.Level> tile : tiles) {
            chosen.add(scoring.levels().stream()
                    .map(level -> tile.get(indexOf(level)))
                    .toList());
        }
        AnomalyMap map = grid == null
                ? AnomalyMap.of(chosen.get(0), weights, scoring.smoothing(), height, width)
                : AnomalyMap.of(grid, chosen, weights, scoring.smoothing());
        return recognition == null ? map : map.with(recognition);
    }

    private int indexOf(int level) {
        int index = levels.indexOf(level);
        if (index < 0) {
            throw new IllegalArgumentException("level " + level + " was not scored; scored levels: " + levels);
        }
        return index;
    }
}
