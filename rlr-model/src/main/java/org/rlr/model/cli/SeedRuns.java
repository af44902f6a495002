package org.rlr.model.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Texts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.eval.MeanAndDeviation;
import org.rlr.model.eval.Metric;
import org.rlr.model.eval.RunSummary;
import org.rlr.model.train.SharedFeatures;
import org.rlr.model.train.TestEvaluation;
import org.rlr.model.train.TrainingCheckpoints;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.AtomicFile;
import org.rlr.tensor.io.RescuedFiles;

/** Trains one model per seed, with otherwise equal settings, and summarises the spread of the results. */
final class SeedRuns {
    private final List<Long> seeds;
    private final List<TrainingPlan> runs;
    private final @Nullable Path summary;

    /**
     * Creates runs from one plan, with the seed in their file names.
     *
     * @param summary JSON file of all metrics; null for none
     * @throws RlrException if there are fewer than two seeds, a seed is repeated, or a file cannot be written
     */
    SeedRuns(List<Long> seeds, TrainingPlan like, @Nullable Path summary) {
        if (seeds.size() < 2 || new HashSet<>(seeds).size() < seeds.size()) {
            throw new InvalidSettingException(
                    "seeds",
                    seeds,
                    "two or more different seeds",
                    "--seeds " + seeds + " are not two or more different seeds",
                    "give several, as in --seeds 1,2,3, or --seed for a single run");
        }
        if (like.checkpoints().resume() != null) {
            throw new RlrException(
                    "--resume cannot resume the runs of --seeds",
                    "resume each run separately, with --seed and its own --out and --resume");
        }
        if (like.time() != null) {
            throw new RlrException(
                    "--time excludes --seeds, whose runs need the same number of epochs",
                    "train once with --time, then give its number of epochs as --epochs with --seeds");
        }
        this.seeds = seeds;
        this.summary = summary;
        runs = seeds.stream().map(seed -> ofSeed(like, seed)).toList();
        runs.forEach(TrainCommand::requireWritable);
        if (summary != null) {
            OutputFiles.requireWritable(summary, "--summary");
        }
    }

    private static TrainingPlan ofSeed(TrainingPlan like, long seed) {
        TrainingCheckpoints c = like.checkpoints();
        return new TrainingPlan(
                like.config(),
                like.settings().toBuilder().seed(seed).build(),
                like.scoring(),
                named(like.out(), seed),
                new TrainingCheckpoints(c.file() == null ? null : named(c.file(), seed), c.every(), null),
                like.metrics() == null ? null : named(like.metrics(), seed),
                like.bestOnTest() == null ? null : named(like.bestOnTest(), seed),
                null);
    }

    /** Returns {@code model-seed7.safetensors} for {@code model.safetensors}. */
    static Path named(Path file, long seed) {
        String name = file.getFileName().toString();
        int model = name.indexOf(".safetensors");
        int dot = model > 0 ? model : name.lastIndexOf('.');
        int end = dot <= 0 ? name.length() : dot;
        return file.resolveSibling(name.substring(0, end) + "-seed" + seed + name.substring(end));
    }

    /** Returns the runs in the order of the seeds. */
    List<TrainingPlan> runs() {
        return runs;
    }

    /** Trains all models, evaluates them if there are test images, and prints a summary. */
    void train(Backend device, Backbone backbone, DataSet data, @Nullable TestEvaluation test, PrintWriter text) {
        boolean evaluated = !data.test().isEmpty();
        if (evaluated) {
            data.requireEvaluation();
        }
        List<EvaluationResult> results = new ArrayList<>();
        double[] losses = new double[runs.size()];
        try (SharedFeatures features = features(device, backbone, runs.get(0).config(), data, text)) {
            for (int i = 0; i < runs.size(); i++) {
                TrainingPlan run = runs.get(i);
                text.printf("seed %d (%d of %d)%n", seeds.get(i), i + 1, runs.size());
                text.flush();
                losses[i] = TrainCommand.train(run, device, backbone, data, test, features, text)
                        .loss();
                if (evaluated) {
                    try (RlrModel model = ModelFile.load(run.out(), device)) {
                        results.add(EvaluateCommand.evaluate(
                                new AnomalyScorer(model, features),
                                data,
                                null,
                                null,
                                Map.of(),
                                null,
                                EvaluateCommand.NONE_MAY_FAIL));
                    }
                }
            }
        }
        MeanAndDeviation loss = MeanAndDeviation.of(losses);
        text.printf(
                Locale.ROOT,
                "%s, mean ± sample standard deviation: loss %.4f ± %.4f%n",
                Texts.count(runs.size(), "seed"),
                loss.mean().getAsDouble(),
                loss.deviation().getAsDouble());
        text.print(
                evaluated ? new RunSummary(results).toTable() : "no test images: no metrics" + System.lineSeparator());
        if (summary != null) {
            RescuedFiles.save(summary, file -> AtomicFile.writeString(file, json(losses, results)));
        }
        text.flush();
    }

    /**
     * Computes the feature maps of all training and test images, which the runs share; prints the memory that they
     * take.
     */
    static SharedFeatures features(
            Backend device, Backbone backbone, RlrConfig config, DataSet data, PrintWriter text) {
        List<ImageSource> images = Stream.concat(data.train().stream(), data.test().stream())
                .map(Sample::image)
                .toList();
        SharedFeatures features;
        try (TrainingProgress progress = new TrainingProgress()) {
            features = new SharedFeatures(device, backbone, config, images, progress);
        }
        text.println(features.description() + ", shared by all runs");
        text.flush();
        return features;
    }

    /**
     * {@code {"runs":[{"seed":…,"model":…,"loss":…,"metrics":…}…],"mean":{"loss":…,"image_auroc":…},"std":{…}}}; null
     * for an undefined value.
     */
    private String json(double[] losses, List<EvaluationResult> results) {
        JsonArray all = new JsonArray();
        for (int i = 0; i < losses.length; i++) {
            JsonObject run = new JsonObject();
            run.addProperty("seed", seeds.get(i));
            run.addProperty("model", runs.get(i).out().getFileName().toString());
            run.addProperty("loss", losses[i]);
            run.add(
                    "metrics",
                    results.isEmpty()
                            ? JsonNull.INSTANCE
                            : JsonParser.parseString(results.get(i).toJson()));
            all.add(run);
        }
        JsonObject root = new JsonObject();
        root.add("runs", all);
        root.add("mean", row(losses, results, MeanAndDeviation::mean));
        root.add("std", row(losses, results, MeanAndDeviation::deviation));
        return new GsonBuilder()
                        .serializeNulls()
                        .disableHtmlEscaping()
                        .setPrettyPrinting()
                        .create()
                        .toJson(root) + "\n";
    }

    private static JsonObject row(
            double[] losses, List<EvaluationResult> results, Function<MeanAndDeviation, OptionalDouble> part) {
        JsonObject row = new JsonObject();
        row.addProperty("loss", part.apply(MeanAndDeviation.of(losses)).getAsDouble());
        for (Metric metric : Metric.values()) {
            OptionalDouble value =
                    results.isEmpty() ? OptionalDouble.empty() : part.apply(new RunSummary(results).mean(metric));
            row.addProperty(metric.key(), value.isPresent() ? value.getAsDouble() : null);
        }
        return row;
    }
}
