package org.rlr.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.SparkException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.ImageSource;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.detect.Detection;
import org.rlr.model.detect.Region;
import org.rlr.model.eval.EvaluationResult;
import org.rlr.model.eval.Evaluator;
import org.rlr.model.eval.Metric;
import org.rlr.model.train.Trained;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;

class RlrSparkTest {
    private static final String MODEL = Cluster.MODEL.toString();

    private static Dataset<Row> images() {
        return Cluster.SESSION
                .read()
                .format("binaryFile")
                .option("pathGlobFilter", "*.png")
                .load(Cluster.images().toString());
    }

    /** A detector gives the same result as the row, except for the path in an error. */
    private static void assertSame(AnomalyDetector detector, String className, Row row) throws IOException {
        Path file = Path.of(URI.create(row.<String>getAs("path").replace(" ", "%20")));
        ImageSource image = ImageSource.of(row.getAs("path"), Files.readAllBytes(file));
        Detection d;
        ImageSize size;
        try {
            d = detector.detect(image, className);
            size = image.size();
        } catch (RlrException e) {
            assertEquals(e.explanation(), row.getAs("error"));
            for (String column : row.schema().fieldNames()) {
                assertTrue(List.of("path", "error", "model").contains(column) || row.getAs(column) == null, column);
            }
            return;
        }
        assertNull(row.getAs("error"));
        assertEquals(d.score(), row.<Double>getAs("score"));
        assertEquals(d.normalizedScore(), row.<Double>getAs("normalized_score"));
        assertEquals(d.anomalous(), row.getAs("anomalous"));
        assertEquals(d.threshold(), row.<Double>getAs("threshold"));
        assertEquals(d.className(), row.getAs("class"));
        assertEquals(d.unknownProduct(), row.getAs("unknown_product"));
        List<Region> regions = row.<Row>getList(row.fieldIndex("regions")).stream()
                .map(r -> new Region(
                        r.getAs("x"),
                        r.getAs("y"),
                        r.getAs("width"),
                        r.getAs("height"),
                        r.getAs("area"),
                        r.getAs("peak"),
                        r.getAs("peak_x"),
                        r.getAs("peak_y")))
                .toList();
        assertEquals(d.regions(d.threshold(), size.width(), size.height()), regions);
        if (List.of(row.schema().fieldNames()).contains("map")) {
            Row map = row.getAs("map");
            assertEquals(d.mapWidth(), map.<Integer>getAs("width"));
            assertEquals(d.mapHeight(), map.<Integer>getAs("height"));
            List<Float> values = new ArrayList<>();
            for (float value : d.map()) {
                values.add(value);
            }
            assertEquals(values, map.getList(map.fieldIndex("values")));
        }
    }

    static void assertSame(String className, List<Row> rows) throws IOException {
        try (AnomalyDetector detector = AnomalyDetector.load(Cluster.MODEL)) {
            for (Row row : rows) {
                assertSame(detector, className, row);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rowsAreWhatADetectorSays(boolean map) throws IOException {
        List<Row> rows = RlrSpark.score(
                        images(), MODEL, ScoreOptions.builder().map(map).build())
                .collectAsList();
        assertEquals(files().size() - 1, rows.size()); // binaryFile omits empty files
        assertEquals(1, rows.stream().filter(row -> row.getAs("error") != null).count());
        assertTrue(rows.stream().anyMatch(row -> Boolean.TRUE.equals(row.getAs("unknown_product"))));
        assertTrue(rows.stream().anyMatch(row -> "capsules".equals(row.getAs("class"))));
        assertTrue(rows.stream()
                .anyMatch(row -> row.getAs("error") == null
                        && !row.getList(row.fieldIndex("regions")).isEmpty()));
        assertSame(null, rows);
    }

    @Test
    void tasksReadFilesThatHaveNoContent() throws IOException {
        Dataset<Row> paths = images().select("path");
        Path missing = Cluster.images().resolve("class=fabric/missing.png");
        Dataset<Row> more = paths.union(Cluster.SESSION.sql("select '" + missing.toUri() + "' as path"));
        List<Row> rows = RlrSpark.score(more, Files.readAllBytes(Cluster.MODEL), ScoreOptions.DEFAULTS)
                .collectAsList();
        List<Row> without = rows.stream()
                .filter(row -> row.<String>getAs("path").endsWith("missing.png"))
                .toList();
        assertTrue(without.get(0).<String>getAs("error").contains("missing.png cannot be read"), without.toString());
        assertNull(without.get(0).getAs("score"));
        assertSame(null, rows.stream().filter(row -> !without.contains(row)).toList());
    }

    @Test
    void theClassOfAColumnIsBelieved() throws IOException {
        Dataset<Row> images = images().withColumn(
                        "product", functions.when(functions.col("class").equalTo("fabric"), "fabric"));
        List<Row> rows = RlrSpark.score(
                        images,
                        MODEL,
                        ScoreOptions.builder().classColumn("product").build())
                .collectAsList();
        assertSame(
                "fabric",
                rows.stream()
                        .filter(row -> row.<String>getAs("path").contains("class=fabric"))
                        .toList());
        assertSame(
                null,
                rows.stream()
                        .filter(row -> !row.<String>getAs("path").contains("class=fabric"))
                        .toList());
        // a class that the model does not know is an error of its row
        Row stranger = RlrSpark.score(
                        images.withColumn("product", functions.lit("screw")).limit(1),
                        MODEL,
                        ScoreOptions.builder().classColumn("product").build())
                .head();
        assertTrue(stranger.<String>getAs("error").contains("screw"), stranger.toString());
    }

    @Test
    void imagesThatAreTooLargeAreRows() {
        List<Row> rows = RlrSpark.score(
                        images().filter("path like '%good%'"),
                        MODEL,
                        ScoreOptions.builder().maxPixels(64 * 63).build())
                .collectAsList();
        assertTrue(rows.size() > 2);
        rows.forEach(row -> assertTrue(row.<String>getAs("error").contains("64×64"), row.toString()));
    }

    @Test
    void whatIsWrongWithTheCallIsSaidByTheDriver() {
        RlrException model = assertThrows(
                RlrException.class,
                () -> RlrSpark.score(images(), Cluster.HOME.resolve("none").toString(), ScoreOptions.DEFAULTS));
        assertTrue(model.getMessage().contains("none does not exist"), model.getMessage());
        assertThrows(RlrException.class, () -> RlrSpark.score(images(), new byte[9], ScoreOptions.DEFAULTS));
        InvalidSettingException column = assertThrows(
                InvalidSettingException.class,
                () -> RlrSpark.score(
                        images(),
                        MODEL,
                        ScoreOptions.builder().classColumn("product").build()));
        assertEquals("classColumn", column.name());
        assertThrows(
                InvalidSettingException.class,
                () -> RlrSpark.score(
                        images(),
                        MODEL,
                        ScoreOptions.builder().classColumn("length").build()));
        assertThrows(
                InvalidSettingException.class,
                () -> RlrSpark.score(images().drop("path"), MODEL, ScoreOptions.DEFAULTS));
        assertThrows(
                InvalidSettingException.class,
                () -> ScoreOptions.builder().maxConcurrent(-1).build());
    }

    @Test
    void aBackendThatThereIsNotEndsTheJob() {
        Dataset<Row> rows = RlrSpark.score(
                images(), MODEL, ScoreOptions.builder().backend("abacus").build());
        Exception e = assertThrows(SparkException.class, rows::collectAsList);
        assertTrue(causes(e).contains("there is no backend 'abacus'"), causes(e));
    }

    private static String causes(Throwable e) {
        return Stream.iterate(e, each -> each != null, Throwable::getCause)
                .map(Throwable::toString)
                .toList()
                .toString();
    }

    @Test
    void theFunctionOfSqlGivesTheSame() throws IOException {
        images().createOrReplaceTempView("images");
        Cluster.SESSION.conf().unset("spark.rlr.model");
        InvalidSettingException none = assertThrows(
                InvalidSettingException.class,
                () -> Cluster.SESSION
                        .sql("select rlr_score(content) from images")
                        .collectAsList());
        assertTrue(none.remedy().contains("spark.rlr.model"), none.remedy());
        Cluster.SESSION.conf().set("spark.rlr.model", MODEL);
        List<Row> rows = Cluster.SESSION
                .sql("select path, r.* from (select path, rlr_score(content) as r from images)")
                .collectAsList();
        assertEquals(files().size() - 1, rows.size()); // binaryFile omits empty files
        // the path is not known there
        assertSame(null, rows.stream().filter(row -> row.getAs("error") == null).toList());
        assertEquals(1, rows.stream().filter(row -> row.getAs("error") != null).count());
        List<Row> fabric = Cluster.SESSION
                .sql("select path, r.* from (select path, rlr_score(content, 'fabric') as r from images "
                        + "where path like '%metal_disc%')")
                .collectAsList();
        assertEquals("fabric", fabric.get(0).getAs("class"));
        assertSame("fabric", fabric);
        assertEquals(
                rows.stream()
                        .filter(row -> Boolean.TRUE.equals(row.getAs("anomalous")))
                        .count(),
                Cluster.SESSION
                        .sql("select * from (select rlr_score(content) as r from images) where r.anomalous")
                        .count());
        Exception text = assertThrows(
                Exception.class,
                () -> Cluster.SESSION.sql("select rlr_score(path) from images").collectAsList());
        assertTrue(causes(text).contains("the bytes of an image file"), causes(text));
        // a constant, which the driver may compute
        Row constant = Cluster.SESSION.sql("select rlr_score(X'00').error").head();
        assertTrue(constant.getString(0).contains("image"), constant.toString());
    }

    @Test
    void settingsOfTheSessionCount() {
        images().createOrReplaceTempView("images");
        Cluster.SESSION.conf().set("spark.rlr.model", MODEL);
        Cluster.SESSION.conf().set("spark.rlr.maxPixels", "9");
        Cluster.SESSION.conf().set("spark.rlr.map", "true");
        try {
            Dataset<Row> rows = Cluster.SESSION.sql("select r.* from (select rlr_score(content) as r from images)");
            assertEquals(0, rows.filter("error is null").count());
            assertTrue(List.of(rows.columns()).contains("map"));
        } finally {
            Cluster.SESSION.conf().unset("spark.rlr.maxPixels");
            Cluster.SESSION.conf().unset("spark.rlr.map");
        }
    }

    @Test
    void aTaskForEachTrainingGivesTheNumbersOfOneMachine() {
        DataSet data = DataLayouts.read(Cluster.HOME.resolve("data/fabric"));
        RlrConfig config = Cluster.training(data).config();
        RlrConfig other = config.toBuilder().blocks(List.of("mca")).build();
        TrainingSettings settings = Cluster.training(data).settings();
        List<Row> rows = RlrSpark.ablate(
                        Cluster.SESSION,
                        Cluster.HOME.resolve("data/fabric").toString(),
                        List.of(config, other),
                        settings,
                        2)
                .collectAsList();
        List<RlrConfig> configs = List.of(config, config, other, other);
        assertEquals(4, rows.size());
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            long seed = settings.seed() + i % 2;
            RlrConfig own = configs.get(i);
            assertEquals(i / 2, row.<Integer>getAs("config"));
            assertEquals(own.blocks(), row.getList(row.fieldIndex("blocks")));
            assertEquals(seed, row.<Long>getAs("seed"));
            try (Trained trained = Cluster.training(data)
                    .config(own)
                    .settings(s -> s.seed(seed))
                    .run()) {
                EvaluationResult result = new Evaluator(new AnomalyScorer(trained.model())).evaluate(data);
                assertEquals(trained.model().info().loss(), row.<Double>getAs("loss"));
                for (Metric metric : Metric.values()) {
                    assertEquals(
                            result.mean(metric).getAsDouble(),
                            row.getJavaMap(row.fieldIndex("metrics")).get(metric.key()),
                            metric.key());
                }
            }
        }
        assertThrows(
                InvalidSettingException.class, () -> RlrSpark.ablate(Cluster.SESSION, "data", List.of(), settings, 2));
    }

    /** The PNG files among the images. */
    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(Cluster.images())) {
            return files.filter(file -> file.toString().endsWith(".png")).toList();
        }
    }
}
