package org.rlr.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreImagesTest {
    @TempDir
    Path folder;

    private record Run(int code, String out, String err) {}

    private Run run(Path model, Object... more) {
        List<String> arguments = new ArrayList<>(List.of("--model", model.toString(), "--output", output().toString()));
        Stream.of(more).map(Object::toString).forEach(arguments::add);
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        ByteArrayOutputStream complained = new ByteArrayOutputStream();
        System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
        try {
            int code = ScoreImages.run(() -> Cluster.SESSION, arguments.toArray(String[]::new));
            return new Run(code, said.toString(StandardCharsets.UTF_8), complained.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    private Path output() {
        return folder.resolve("scores");
    }

    private List<Row> rows() {
        return Cluster.SESSION.read().parquet(output().toString()).collectAsList();
    }

    private static List<String> paths(List<Row> rows) {
        return rows.stream().map(row -> row.<String>getAs("path")).sorted().toList();
    }

    private static List<String> expected() throws IOException {
        return RlrSparkTest.files().stream()
                .map(file -> "file:" + file)
                .sorted()
                .toList();
    }

    /** The modification time of each output file. */
    private Map<Path, Object> written() throws IOException {
        Map<Path, Object> times = new TreeMap<>();
        try (Stream<Path> files = Files.list(output())) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".parquet")).toList()) {
                times.put(file, Files.getLastModifiedTime(file));
            }
        }
        return times;
    }

    @Test
    void rowsAreAppendedForImagesThatHaveNone() throws IOException {
        Run one = run(Cluster.MODEL, "--images", Cluster.images().resolve("class=fabric"), "--images-per-task", 2);
        assertEquals(0, one.code(), one.err());
        long fabric =
                expected().stream().filter(path -> path.contains("fabric")).count();
        assertTrue(one.out().startsWith(fabric + " images, " + fabric + " of them examined now"), one.out());
        assertTrue(one.out().contains(", 2 with an error"), one.out());
        Map<Path, Object> before = written();
        assertEquals((fabric + 1) / 2, before.size());

        int all = expected().size();
        Run two = run(Cluster.MODEL, "--images", Cluster.images(), "--images-per-job", 5);
        assertTrue(two.out().startsWith(all + " images, " + (all - fabric) + " of them examined now"), two.out());
        assertTrue(written().entrySet().containsAll(before.entrySet()));
        assertEquals(expected(), paths(rows()));
        RlrSparkTest.assertSame(null, rows());

        Map<Path, Object> complete = written();
        Run three = run(Cluster.MODEL, "--images", Cluster.images() + "/class=*", Cluster.images());
        assertTrue(three.out().startsWith(2 * all + " images, 0 of them examined now"), three.out());
        assertEquals(complete, written());

        // another model has separate rows
        Path other = Cluster.train(folder.resolve("other.safetensors"), 2);
        run(other, "--images", Cluster.images());
        Map<String, List<Row>> models = rows().stream().collect(Collectors.groupingBy(row -> row.getAs("model")));
        assertEquals(2, models.size());
        models.values().forEach(rows -> assertEquals(all, rows.size()));
    }

    @Test
    void foldersNameTheClass() throws IOException {
        Run run = run(
                Cluster.MODEL,
                "--images",
                Cluster.images().resolve("class=fabric"),
                Cluster.images().resolve("class=metal_disc"),
                "--class-column",
                "class",
                "--map");
        assertEquals(0, run.code(), run.err());
        RlrSparkTest.assertSame(
                "fabric",
                rows().stream()
                        .filter(row -> row.<String>getAs("path").contains("fabric"))
                        .toList());
        // a class that the model was not trained on
        rows().stream()
                .filter(row -> row.<String>getAs("path").contains("metal_disc"))
                .forEach(row -> assertTrue(row.<String>getAs("error").contains("metal_disc"), row.toString()));
    }

    @Test
    void whatAKilledRunHasDoneIsKept() throws IOException {
        SparkListener killer = new SparkListener() {
            private int tasks;

            @Override
            public void onTaskEnd(SparkListenerTaskEnd end) {
                if (end.taskMetrics().outputMetrics().recordsWritten() > 0 && ++tasks == 3) {
                    Cluster.SESSION.sparkContext().cancelAllJobs();
                }
            }
        };
        Cluster.SESSION.sparkContext().addSparkListener(killer);
        Run killed;
        try {
            killed = run(Cluster.MODEL, "--images", Cluster.images(), "--images-per-task", 1);
        } finally {
            Cluster.SESSION.sparkContext().removeSparkListener(killer);
        }
        assertNotEquals(0, killed.code());
        int done = rows().size();
        assertTrue(done >= 3 && done < expected().size(), done + " rows");
        // the unfinished file of a task whose machine was lost
        Path half = output().resolve("_temporary/0/_temporary/attempt_1/part-00000-1-c000.snappy.parquet");
        Files.createDirectories(half.getParent());
        Files.writeString(half, "PAR1 half");
        Map<Path, Object> before = written();

        Run again = run(Cluster.MODEL, "--images", Cluster.images());
        assertTrue(again.out().contains(" " + (expected().size() - done) + " of them examined now"), again.out());
        assertTrue(written().entrySet().containsAll(before.entrySet()));
        assertEquals(expected(), paths(rows()));
        RlrSparkTest.assertSame(null, rows());
    }

    @Test
    void mistakesAreSaidInALine() {
        Run model = run(folder.resolve("none.safetensors"), "--images", Cluster.images());
        assertEquals(1, model.code());
        assertTrue(model.err().startsWith("error: the model ") && model.err().contains("does not exist"), model.err());
        Run images = run(Cluster.MODEL, "--images", folder.resolve("none"));
        assertEquals(1, images.code());
        assertTrue(images.err().startsWith("error: there is nothing at "), images.err());
        assertEquals(2, run(Cluster.MODEL).code());
        assertEquals(
                1,
                run(Cluster.MODEL, "--images", Cluster.images(), "--images-per-task", 0)
                        .code());
        assertEquals(
                1,
                run(Cluster.MODEL, "--images", Cluster.images(), "--max-pixels", 0)
                        .code());
    }
}
