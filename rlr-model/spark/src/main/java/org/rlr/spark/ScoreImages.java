package org.rlr.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.Images;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The program for {@code spark-submit}: examines image files and appends a row for each to a folder of Parquet files.
 * You may stop it at any moment; the next run examines only the images that have no row of this model yet.
 *
 * <p>Images are listed in portions, one job for each. A task examines a few hundred images and then moves one complete
 * file into the output. A row has the columns of {@link RlrSpark#score(Dataset, String, ScoreOptions)} and
 * {@code model}, a hash of the model's contents.
 */
@Command(
        name = "ScoreImages",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Examine images on a cluster, and append a row for each to a folder of Parquet files.",
            "Images that already have a row of the same model are skipped: to resume, run the command again.",
            "An image that cannot be read is a row with an error."
        })
public final class ScoreImages implements Callable<Integer> {
    private static final int DIGEST_DIGITS = 16;
    /** Hidden files and folders below the listed folder, which Spark ignores. */
    private static final Pattern HIDDEN = Pattern.compile("/[._]");

    private static final StructType DONE = new StructType()
            .add("path", DataTypes.StringType)
            .add("model", DataTypes.StringType)
            .add("anomalous", DataTypes.BooleanType)
            .add("error", DataTypes.StringType);

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--images",
            required = true,
            arity = "1..*",
            paramLabel = "PATH",
            description =
                    "Folders, with their subfolders, or files; a pattern such as 'line-*/2026-*' matches several.")
    private List<String> images;

    @Option(names = "--model", required = true, paramLabel = "FILE", description = "A model file.")
    private String model;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "DIR",
            description = "Folder of Parquet files to append to. Only one run at a time may write there.")
    private String output;

    @Option(
            names = "--class-column",
            paramLabel = "NAME",
            description =
                    "Take the product class from folders such as NAME=screw/1.png; without such a folder, the model "
                            + "recognises the class.")
    private @Nullable String classColumn;

    @Option(names = "--map", description = "Keep the anomaly maps.")
    private boolean map;

    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            description = "Images with more pixels get a row with an error (default: ${DEFAULT-VALUE}).")
    private long maxPixels = Images.MAX_PIXELS;

    @Option(
            names = "--max-concurrent",
            paramLabel = "N",
            description = "Images examined at once in an executor; 0 for one in each task (default: ${DEFAULT-VALUE}).")
    private int maxConcurrent;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description = "auto, cpu or another backend on the class path (default: ${DEFAULT-VALUE}).")
    private String backend = "auto";

    @Option(
            names = "--images-per-task",
            paramLabel = "N",
            description =
                    "Images in each output file. A killed run loses at most this many for each running task (default: "
                            + "${DEFAULT-VALUE}).")
    private int imagesPerTask = 500;

    @Option(
            names = "--images-per-job",
            paramLabel = "N",
            description = "Paths that the driver holds at once (default: ${DEFAULT-VALUE}).")
    private int imagesPerJob = 1_000_000;

    private final Supplier<SparkSession> sessions;

    private ScoreImages(Supplier<SparkSession> sessions) {
        this.sessions = sessions;
    }

    /**
     * Runs the program, and ends the process if it fails.
     *
     * @param arguments {@code --help} lists them
     */
    public static void main(String[] arguments) {
        int code = run(() -> SparkSession.builder().appName("RLR").getOrCreate(), arguments);
        scala.Option<SparkSession> session = SparkSession.getDefaultSession();
        if (session.isDefined()) {
            session.get().stop();
        }
        if (code != 0) {
            System.exit(code);
        }
    }

    /** The exit code. */
    static int run(Supplier<SparkSession> sessions, String... arguments) {
        return new CommandLine(new ScoreImages(sessions))
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    if (!(e instanceof RlrException known)) {
                        throw e;
                    }
                    command.getErr().println("error: " + known.explanation());
                    command.getErr().flush();
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(arguments);
    }

    @Override
    public Integer call() {
        InvalidSettingException.require(imagesPerTask >= 1, "imagesPerTask", imagesPerTask, "at least 1");
        InvalidSettingException.require(imagesPerJob >= 1, "imagesPerJob", imagesPerJob, "at least 1");
        ScoreOptions options = ScoreOptions.builder()
                .classColumn(classColumn)
                .map(map)
                .backend(backend)
                .maxConcurrent(maxConcurrent)
                .maxPixels(maxPixels)
                .build();
        SparkSession session = sessions.get();
        SharedModel shared = SharedModel.of(session, model);
        String id = shared.digest().substring(0, DIGEST_DIGITS);
        Configuration files = session.sparkContext().hadoopConfiguration();
        List<String> portion = new ArrayList<>();
        long[] found = {0, 0}; // total, and examined now
        Consumer<String> examine = path -> {
            found[0]++;
            portion.add(path);
            if (portion.size() == imagesPerJob) {
                found[1] += examine(session, shared, id, options, portion);
                portion.clear();
            }
        };
        for (String each : images) {
            try {
                list(files, each, examine);
            } catch (IOException e) {
                throw new RlrException("cannot list " + each + ": " + IoReason.of(e), e);
            }
        }
        found[1] += examine(session, shared, id, options, portion);
        Row all = done(session, id)
                .selectExpr("count(*)", "count_if(anomalous)", "count_if(error is not null)")
                .head();
        spec.commandLine()
                .getOut()
                .printf(
                        Locale.ROOT,
                        "%d images, %d of them examined now; in %s %d rows of this model: %d anomalous, %d "
                                + "with an error%n",
                        found[0],
                        found[1],
                        output,
                        all.getLong(0),
                        all.getLong(1),
                        all.getLong(2));
        spec.commandLine().getOut().flush();
        return 0;
    }

    /** Passes on the images of a path, folder by folder, without hidden files and other kinds of files. */
    private static void list(Configuration configuration, String pattern, Consumer<String> use) throws IOException {
        Path path = new Path(pattern);
        FileSystem files = path.getFileSystem(configuration);
        FileStatus[] roots = files.globStatus(path);
        if (roots == null || roots.length == 0) {
            throw new DataSetException(
                    "there is nothing at " + pattern,
                    "check `images`; without a scheme such as file:, a path is in the cluster's default file system",
                    null);
        }
        for (FileStatus root : roots) {
            if (root.isFile()) {
                use.accept(root.getPath().toString());
                continue;
            }
            String folder = root.getPath().toString();
            RemoteIterator<LocatedFileStatus> inside = files.listFiles(root.getPath(), true);
            while (inside.hasNext()) {
                Path file = inside.next().getPath();
                boolean hidden = HIDDEN.matcher(file.toString().substring(folder.length()))
                        .find();
                if (!hidden && Images.hasImageName(java.nio.file.Path.of(file.getName()))) {
                    use.accept(file.toString());
                }
            }
        }
    }

    /** Examines the paths that have no row yet, and returns their number. */
    private int examine(
            SparkSession session, SharedModel shared, String id, ScoreOptions options, List<String> portion) {
        if (portion.isEmpty()) {
            return 0;
        }
        List<String> left = session.createDataset(portion, Encoders.STRING())
                .toDF("path")
                .distinct()
                .join(done(session, id).select("path"), new String[] {"path"}, "left_anti")
                .as(Encoders.STRING())
                .collectAsList();
        if (left.isEmpty()) {
            return 0;
        }
        List<Row> rows = left.stream().sorted().map(this::row).toList();
        int tasks = (rows.size() + imagesPerTask - 1) / imagesPerTask;
        StructType columns = new StructType().add("path", DataTypes.StringType);
        Dataset<Row> paths = session.createDataFrame(
                JavaSparkContext.fromSparkContext(session.sparkContext()).parallelize(rows, tasks),
                classColumn == null ? columns : columns.add(classColumn, DataTypes.StringType));
        RlrSpark.score(paths, shared, options)
                .withColumn("model", functions.lit(id))
                .write()
                .mode("append")
                // each task's file is moved into the output as soon as the task ends
                .option("mapreduce.fileoutputcommitter.algorithm.version", "2")
                .parquet(output);
        return left.size();
    }

    /** The rows of this model in the output, which contains only complete files. */
    private Dataset<Row> done(SparkSession session, String id) {
        Path folder = new Path(output);
        try {
            boolean begun = folder.getFileSystem(session.sparkContext().hadoopConfiguration())
                    .exists(folder);
            return begun
                    ? session.read()
                            .schema(DONE)
                            .parquet(output)
                            .filter(functions.col("model").equalTo(id))
                    : session.createDataFrame(List.of(), DONE);
        } catch (IOException e) {
            throw new RlrException("cannot read the output " + output + ": " + IoReason.of(e), e);
        }
    }

    private Row row(String path) {
        if (classColumn == null) {
            return RowFactory.create(path);
        }
        Matcher folder =
                Pattern.compile("/" + Pattern.quote(classColumn) + "=([^/]+)/").matcher(path);
        return RowFactory.create(path, folder.find() ? ExternalCatalogUtils.unescapePathName(folder.group(1)) : null);
    }
}
