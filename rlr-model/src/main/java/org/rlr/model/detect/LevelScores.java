package org.rlr.model.detect;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.Scoring;
import org.rlr.model.data.TileGrid;
import org.rlr.model.features.Recognition;

/**
 * How far the tokens of one image are from their reconstructions, level by level: what its map is made of by any
 * {@link Scoring}, in a fiftieth of a map's memory.
 *
 * @param levels the levels that were scored, ascending
 * @param tiles scores of the image, or of each of its tiles, in the order of {@code levels}
 * @param grid where the tiles lie; null for a whole image
 * @param height rows of the map of an input
 * @param width columns of the map of an input
 * @param recognition the class that the image was recognised as; null where the model recognises none
 */
public record LevelScores(
        List<Integer> levels,
        List<List<AnomalyMap.Level>> tiles,
        @Nullable TileGrid grid,
        int height,
        int width,
        @Nullable Recognition recognition) {
    /**
     * Scores of an image of which no class is known.
     *
     * @param levels the levels that were scored, ascending
     * @param tiles scores of the image, or of each of its tiles, in the order of {@code levels}
     * @param grid where the tiles lie; null for a whole image
     * @param height rows of the map of an input
     * @param width columns of the map of an input
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
     * The anomaly map by a scoring.
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
            throw new IllegalArgumentException("level " + level + " was not scored, but " + levels);
        }
        return index;
    }
}
