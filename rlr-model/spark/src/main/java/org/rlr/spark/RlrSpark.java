package org.rlr.spark;

import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF3;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.TrainingSettings;
import org.rlr.tensor.InvalidSettingException;

/**
 * Anomaly detection on the executors of Apache Spark.
 *
 * <pre>{@code
 * Dataset<Row> images = spark.read().format("binaryFile").load("hdfs:///line-7/*.png");
 * RlrSpark.score(images, "hdfs:///models/model.safetensors", ScoreOptions.DEFAULTS)
 *         .write().parquet("hdfs:///scores");
 * }</pre>
 *
 * <p>A model is sent to each executor once. All tasks of an executor share one detector, which has as many threads as
 * the tasks have cores ({@code spark.task.cpus}). It is closed after a minute without a task. An executor needs the
 * memory of one {@link org.rlr.model.detect.AnomalyDetector}: the model, and one image for each task;
 * {@link ScoreOptions} limits both. If memory is short for an image, it is examined again, alone.
 *
 * <p>The fast kernels need the Java option {@code --add-modules=jdk.incubator.vector}, which Spark's own launchers give
 * to executors. Without it, a job fails with a message that names the option.
 */
public final class RlrSpark {
    private RlrSpark() {}

    /**
     * Examines images with a model file.
     *
     * @param images with the columns {@code path} (text, kept in the result) and {@code content} (binary), as the data
     *     source {@code binaryFile} has them, and that of {@link ScoreOptions#classColumn}. Without a column
     *     {@code content} the tasks read the files; an image that cannot be read is a row with an error, too.
     * @param model path of a model file, read by the driver; without a scheme, in the default file system
     * @param options class column, map and limits
     * @return a row for each image, computed when an action needs it: {@code path}, {@code score},
     *     {@code normalized_score}, {@code anomalous}, {@code threshold}, {@code class} (given or recognised),
     *     {@code unknown_product} (null if the model recognises no classes), {@code regions} above the threshold in
     *     pixels of the image (as {@link org.rlr.model.detect.Region}), {@code map} if requested ({@code width},
     *     {@code height}, {@code values}), and {@code error}. An image that cannot be examined has its error, and null
     *     in the other columns.
     * @throws org.rlr.tensor.RlrException if the file cannot be read or is not a model
     * @throws InvalidSettingException if a column is missing or has another type
     */
    public static Dataset<Row> score(Dataset<Row> images, String model, ScoreOptions options) {
        return score(images, SharedModel.of(images.sparkSession(), model), options);
    }

    /**
     * Examines images with a model in memory, as {@link #score(Dataset, String, ScoreOptions)}.
     *
     * @param images with the columns {@code path}, {@code content} and that of {@link ScoreOptions#classColumn}
     * @param model the contents of a model file; do not change them afterwards
     * @param options class column, map and limits
     * @return a row for each row of the images
     * @throws org.rlr.tensor.RlrException if the contents are not a model
     * @throws InvalidSettingException if a column is missing or has another type
     */
    public static Dataset<Row> score(Dataset<Row> images, byte[] model, ScoreOptions options) {
        return score(images, SharedModel.of(images.sparkSession(), model), options);
    }

    static Dataset<Row> score(Dataset<Row> images, SharedModel model, ScoreOptions options) {
        Column path = column(images, "images", "path", DataTypes.StringType);
        Column content = Arrays.asList(images.columns()).contains("content")
                ? column(images, "images", "content", DataTypes.BinaryType)
                : functions.lit(null).cast(DataTypes.BinaryType);
        Column className = options.classColumn() == null
                ? functions.lit(null).cast(DataTypes.StringType)
                : column(images, "classColumn", options.classColumn(), DataTypes.StringType);
        ImageScorer scorer = new ImageScorer(model, options);
        UDF3<String, byte[], String, Row> examine = scorer::score;
        // marked as non-deterministic, so that the optimiser does not evaluate it twice
        Column result = functions
                .udf(examine, scorer.schema())
                .withName("rlr_score")
                .asNondeterministic()
                .apply(path, content, className)
                .as("result");
        return images.select(path, result).select("path", "result.*");
    }

    private static Column column(Dataset<Row> images, String setting, String name, DataType type) {
        if (!Arrays.asList(images.columns()).contains(name)) {
            throw new InvalidSettingException(
                    setting,
                    name,
                    "a column of the images",
                    "the images have no column \"" + name + "\"; they have " + String.join(", ", images.columns()),
                    "select or rename a column");
        }
        DataType is = images.schema().apply(name).dataType();
        if (!is.equals(type)) {
            throw new InvalidSettingException(
                    setting,
                    name,
                    type.simpleString(),
                    "the column \"" + name + "\" of the images has type " + is.simpleString(),
                    "cast it to " + type.simpleString());
        }
        return images.col("`" + name.replace("`", "``") + "`");
    }

    /**
     * Trains a model for each configuration and seed, each in a task, and evaluates it on the test images. The results
     * equal those of training on one machine of the same kind. The models are not kept.
     *
     * @param session the session whose executors train
     * @param data folder of a data set, on a file system that all executors share
     * @param models the configurations, for example with different attention blocks. Their backbones' weights must be
     *     in each executor's {@link org.rlr.model.weights.WeightsCache#ofUser}.
     * @param training settings, with the first seed
     * @param runs trainings of each configuration, with consecutive seeds; at least 1
     * @return a row for each training, after the last one ends, in the order of configurations and seeds:
     *     {@code config} (its index in the list, from 0), {@code blocks}, {@code seed}, {@code loss} (mean of the last
     *     epoch), {@code metrics} (by {@link org.rlr.model.eval.Metric#key}, the mean over the classes; undefined
     *     metrics are omitted)
     * @throws InvalidSettingException if there are no configurations or {@code runs} is less than 1
     */
    public static Dataset<Row> ablate(
            SparkSession session, String data, List<RlrConfig> models, TrainingSettings training, int runs) {
        return SparkAblation.run(session, data, models, training, runs);
    }
}
