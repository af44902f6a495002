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
 * <p>A model is sent to each executor once. All tasks of an executor share one detector, which is opened with as many
 * threads as its tasks have cores ({@code spark.task.cpus}), and closed after a minute without a task. An executor
 * needs the memory of one {@link org.rlr.model.detect.AnomalyDetector}: that of the model, and that of an image for
 * each task; {@link ScoreOptions} limits both. An image for which memory is short is examined again, alone.
 *
 * <p>The fast kernels need the Java option {@code --add-modules=jdk.incubator.vector}, which Spark's own launchers give
 * to executors. A job on a JVM without it fails with a message that says so.
 */
public final class RlrSpark {
    private RlrSpark() {}

    /**
     * Examines images by a model in a file.
     *
     * @param images with the columns {@code path} (text), which is kept, {@code content} (binary), as the data source
     *     {@code binaryFile} has them, and that of {@link ScoreOptions#classColumn}. Without a column {@code content}
     *     the tasks read the files themselves, and the images that cannot be read are rows with an error, too.
     * @param model path of a model file, read by the driver; without a scheme, in the default file system
     * @param options class column, map and limits
     * @return for each row of the images, when an action asks for it: {@code path}, {@code score},
     *     {@code normalized_score}, {@code anomalous}, {@code threshold}, {@code class} (given or recognised),
     *     {@code unknown_product} (null where the model recognises no classes), {@code regions} above the threshold in
     *     pixels of the image (as {@link org.rlr.model.detect.Region}), where it is asked for {@code map}
     *     ({@code width}, {@code height}, {@code values}), and {@code error}. An image that cannot be examined has its
     *     error, and null in the other columns.
     * @throws org.rlr.tensor.RlrException if the model cannot be read or is none
     * @throws InvalidSettingException if a column is missing or has another type
     */
    public static Dataset<Row> score(Dataset<Row> images, String model, ScoreOptions options) {
        return score(images, SharedModel.of(images.sparkSession(), model), options);
    }

    /**
     * Examines images by a model in memory, as {@link #score(Dataset, String, ScoreOptions)}.
     *
     * @param images with the columns {@code path}, {@code content} and that of {@link ScoreOptions#classColumn}
     * @param model the contents of a model file; not changed afterwards
     * @param options class column, map and limits
     * @return a row for each row of the images
     * @throws org.rlr.tensor.RlrException if the contents are no model
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
        // the optimiser does not compute what it takes for random twice
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
                    "select or rename one");
        }
        DataType is = images.schema().apply(name).dataType();
        if (!is.equals(type)) {
            throw new InvalidSettingException(
                    setting,
                    name,
                    type.simpleString(),
                    "the column \"" + name + "\" of the images is of type " + is.simpleString(),
                    "cast it to " + type.simpleString());
        }
        return images.col("`" + name.replace("`", "``") + "`");
    }

    /**
     * Trains a model for each configuration and seed, and evaluates it on the test images: a task for each. The numbers
     * are those of a training on one machine of the same kind. The models are not kept.
     *
     * @param session whose executors train
     * @param data folder of a data set, by a path that all executors can read as a file: on a shared file system
     * @param models the configurations, such as those of different attention blocks. Weights that their backbones need
     *     are in each executor's {@link org.rlr.model.weights.WeightsCache#ofUser}.
     * @param training settings, with the first seed
     * @param runs trainings of each configuration, at least 1, by seeds that follow one another
     * @return once all are trained, a row for each in the order of configurations and seeds: {@code config} (its place
     *     in the list, from 0), {@code blocks}, {@code seed}, {@code loss} (mean of the last epoch), {@code metrics}
     *     (by {@link org.rlr.model.eval.Metric#key}, the mean over the classes; without those that are undefined)
     * @throws InvalidSettingException if there are no configurations, or fewer runs than 1
     */
    public static Dataset<Row> ablate(
            SparkSession session, String data, List<RlrConfig> models, TrainingSettings training, int runs) {
        return SparkAblation.run(session, data, models, training, runs);
    }
}
