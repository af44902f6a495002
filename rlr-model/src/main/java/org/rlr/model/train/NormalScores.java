package org.rlr.model.train;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.rlr.model.config.ScoreStatistics;
import org.rlr.model.data.ImageSource;
import org.rlr.model.detect.AnomalyScorer;

/** The scores of normal images, and the range of their maps. */
record NormalScores(double[] images, double low, double high) {
    static NormalScores of(AnomalyScorer scorer, List<ImageSource> images, TrainingListener listener) {
        double[] scores = new double[images.size()];
        double[] range = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        int[] done = {0};
        scorer.score(images, (index, map) -> {
            scores[index] = map.imageScore();
            for (float v : map.values()) {
                range[0] = Math.min(range[0], v);
                range[1] = Math.max(range[1], v);
            }
            listener.scores(++done[0], images.size());
        });
        return new NormalScores(scores, range[0], range[1]);
    }

    ScoreStatistics statistics() {
        return ScoreStatistics.of(images, low, high);
    }

    /** Returns the statistics per class, by the class of each image; empty for a single class. */
    Map<String, ScoreStatistics> byClass(List<String> labels) {
        Map<String, ScoreStatistics> own = new TreeMap<>();
        for (String name : Set.copyOf(labels)) {
            double[] scores = IntStream.range(0, labels.size())
                    .filter(i -> labels.get(i).equals(name))
                    .mapToDouble(i -> images[i])
                    .toArray();
            own.put(name, ScoreStatistics.of(scores, low, high));
        }
        return own.size() > 1 ? own : Map.of();
    }
}
