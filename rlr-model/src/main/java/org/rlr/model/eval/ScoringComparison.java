package org.rlr.model.eval;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.rlr.model.config.Scoring;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.detect.LevelScores;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;

/**
 * The metrics of one model with several scorings. Features and reconstructions are computed once. Maps are computed
 * from the tokens' scores, class by class, together for scorings that differ only in the smoothing; memory use is that
 * of one evaluation.
 *
 * @param rows one per scoring, in the given order
 */
public record ScoringComparison(List<Row> rows) {
    /** A scoring and its metrics. */
    public record Row(Scoring scoring, EvaluationResult result) {}

    /** Copies the list. */
    public ScoringComparison {
        rows = List.copyOf(rows);
    }

    /**
     * Evaluates the scorings on the test images of a data set.
     *
     * @param scorer of a model that has all levels
     * @param data has test images ({@link DataSet#requireEvaluation})
     * @param scorings without doubles
     * @param progress is run after each image
     * @return a row per scoring
     * @throws RlrException if an image or a mask cannot be read
     */
    public static ScoringComparison of(AnomalyScorer scorer, DataSet data, List<Scoring> scorings, Runnable progress) {
        return of(scorer, data, scorings, progress, (sample, e) -> {
            throw e;
        });
    }

    /**
     * Evaluates the scorings on the test images of a data set, excluding unreadable ones; remarks in the results give
     * their number.
     *
     * @param scorer of a model that has all levels
     * @param data has test images ({@link DataSet#requireEvaluation})
     * @param scorings without doubles
     * @param progress is run after each image
     * @param failed receives an image with an unreadable file or mask, and the reason
     * @return a row per scoring
     */
    public static ScoringComparison of(
            AnomalyScorer scorer,
            DataSet data,
            List<Scoring> scorings,
            Runnable progress,
            BiConsumer<Sample, RlrException> failed) {
        List<List<Scoring>> byMaps = byMaps(scorings);
        Map<Scoring, List<ClassMetrics>> found = new HashMap<>();
        for (ClassSamples each : data.classes()) {
            List<LevelScores> scores = new ArrayList<>();
            List<Evaluator.GroundTruth> truths = new ArrayList<>();
            scorer.scoreLevels(each.test().stream().map(Sample::image).toList(), new AnomalyScorer.LevelSink() {
                @Override
                public void accept(int index, LevelScores levels) {
                    try {
                        truths.add(Evaluator.GroundTruth.of(
                                each.test().get(index), levels.mapHeight(), levels.mapWidth()));
                    } catch (ImageException | DataSetException | ResourceException e) {
                        failed(index, e);
                        return;
                    }
                    scores.add(levels);
                    progress.run();
                }

                @Override
                public void failed(int index, RlrException e) {
                    failed.accept(each.test().get(index), e);
                    progress.run();
                }
            });
            for (List<Scoring> alike : byMaps) {
                ClassEvaluator evaluator = evaluator(each.name(), alike, scores, truths);
                for (int left = each.test().size() - scores.size(); left > 0; left--) {
                    evaluator.leaveOut();
                }
                for (int i = 0; i < alike.size(); i++) {
                    found.computeIfAbsent(alike.get(i), scoring -> new ArrayList<>())
                            .add(evaluator.metrics(i));
                }
            }
        }
        return new ScoringComparison(scorings.stream()
                .map(scoring -> new Row(scoring, new EvaluationResult(found.getOrDefault(scoring, List.of()))))
                .toList());
    }

    /** Groups scorings by equal unsmoothed maps. */
    private static List<List<Scoring>> byMaps(List<Scoring> scorings) {
        List<List<Scoring>> groups = new ArrayList<>();
        for (Scoring scoring : scorings) {
            groups.stream()
                    .filter(group -> group.get(0).sameMaps(scoring))
                    .findFirst()
                    .orElseGet(() -> {
                        groups.add(new ArrayList<>());
                        return groups.get(groups.size() - 1);
                    })
                    .add(scoring);
        }
        return groups;
    }

    private static ClassEvaluator evaluator(
            String name, List<Scoring> alike, List<LevelScores> scores, List<Evaluator.GroundTruth> truths) {
        ClassEvaluator evaluator = new ClassEvaluator(name, alike.size());
        for (int i = 0; i < scores.size(); i++) {
            AnomalyMap map = scores.get(i).map(alike.get(0));
            if (i == 0) {
                evaluator.reserve(scores.size(), map.values().length);
            }
            double[] imageScores = alike.stream()
                    .mapToDouble(scoring -> map.imageScore(scoring.smoothing()))
                    .toArray();
            evaluator.add(
                    imageScores,
                    truths.get(i).defective(),
                    map.values(),
                    truths.get(i).mask(),
                    map.height(),
                    map.width());
            evaluator.remark(truths.get(i), map.height(), map.width());
        }
        return evaluator;
    }

    /**
     * Returns the result as JSON:
     * {@code {"scorings":[{"levels":[2,3],"weights":[1.0,0.5],"smoothing":4.0,"classes":[…],"mean":{…}}…]}}, classes
     * and mean as in {@link EvaluationResult#toJson}.
     *
     * @return the text, ending with a line break
     */
    public String toJson() {
        JsonArray array = new JsonArray();
        for (Row row : rows) {
            JsonObject object =
                    new GsonBuilder().create().toJsonTree(row.scoring).getAsJsonObject();
            row.result.json().asMap().forEach(object::add);
            array.add(object);
        }
        JsonObject root = new JsonObject();
        root.add("scorings", array);
        return new GsonBuilder()
                        .serializeNulls()
                        .disableHtmlEscaping()
                        .setPrettyPrinting()
                        .create()
                        .toJson(root) + "\n";
    }
}
