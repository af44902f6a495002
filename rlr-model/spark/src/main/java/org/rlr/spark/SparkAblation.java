package org.rlr.spark;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.rlr.model.config.Json;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.eval.Evaluator;
import org.rlr.model.eval.Metric;
import org.rlr.model.train.RlrTraining;
import org.rlr.model.train.Trained;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** Trains models with different configurations and seeds, each in its own task. */
final class SparkAblation {
    private static final StructType COLUMNS = new StructType()
            .add("config", DataTypes.IntegerType)
            .add("blocks", DataTypes.createArrayType(DataTypes.StringType, false))
            .add("seed", DataTypes.LongType)
            .add("loss", DataTypes.DoubleType)
            .add("metrics", DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType, false));

    private SparkAblation() {}

    /** One training; its settings are JSON, which is sent to executors. */
    private record Run(int number, String data, String config, String training) implements Serializable {
        Row row() {
            RlrConfig shape = Objects.requireNonNull(Json.read(config, RlrConfig.class));
            TrainingSettings settings = Objects.requireNonNull(Json.read(training, TrainingSettings.class));
            DataSet set = DataLayouts.read(Path.of(data)).requireTraining().requireEvaluation();
            BackendSettings threads =
                    BackendSettings.DEFAULTS.withThreads(TaskContext.get().cpus());
            try (Backend backend = Backends.open("auto", threads)) {
                Vectors.require(backend);
                return train(set, shape, settings, backend);
            }
        }

        private Row train(DataSet set, RlrConfig shape, TrainingSettings settings, Backend backend) {
            try (Trained trained = RlrTraining.on(set)
                    .config(shape)
                    .backbone(shape.backbone())
                    .settings(settings)
                    .backend(backend)
                    .run()) {
                EvaluationResult result = new Evaluator(new AnomalyScorer(trained.model())).evaluate(set);
                Map<String, Double> metrics = new TreeMap<>();
                for (Metric metric : Metric.values()) {
                    result.mean(metric).ifPresent(mean -> metrics.put(metric.key(), mean));
                }
                return RowFactory.create(
                        number,
                        shape.blocks().toArray(),
                        settings.seed(),
                        trained.model().info().loss(),
                        metrics);
            }
        }
    }

    static Dataset<Row> run(
            SparkSession session, String data, List<RlrConfig> models, TrainingSettings training, int each) {
        InvalidSettingException.require(!models.isEmpty(), "models", models, "at least one");
        InvalidSettingException.require(each >= 1, "runs", each, "at least 1");
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < models.size(); i++) {
            for (int seed = 0; seed < each; seed++) {
                TrainingSettings own =
                        training.toBuilder().seed(training.seed() + seed).build();
                runs.add(new Run(i, data, Json.write(models.get(i)), Json.write(own)));
            }
        }
        List<Row> rows = JavaSparkContext.fromSparkContext(session.sparkContext())
                .parallelize(runs, runs.size())
                .map(Run::row)
                .collect();
        return session.createDataFrame(rows, COLUMNS);
    }
}
