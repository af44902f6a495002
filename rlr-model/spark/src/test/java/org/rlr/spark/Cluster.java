package org.rlr.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.rlr.model.ModelFile;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.demo.DemoDataSet;
import org.rlr.model.train.RlrTraining;
import org.rlr.model.train.Trained;
import org.rlr.model.train.TrainingListener;

/** A session with two cores in this process, a data set, and a model of three of its four classes, for all tests. */
final class Cluster {
    static final Path HOME = home();
    static final SparkSession SESSION = session();
    static final DataSet DATA = DataLayouts.read(HOME.resolve("data"));
    static final Path MODEL = train(HOME.resolve("model.safetensors"), 1);

    private Cluster() {}

    /**
     * Folders of test images by class, {@code class=…/….png}, with a damaged and an empty one; tests must not change
     * them.
     */
    static Path images() {
        return HOME.resolve("images");
    }

    /** A short training with a model that depends on the seed. */
    static RlrTraining training(DataSet data) {
        return RlrTraining.on(data)
                .recipe("published")
                .config(c -> c.imageSize(64, 64).levels(List.of(2, 3)).width(16).layers(1))
                .settings(s -> s.epochs(1))
                .listener(TrainingListener.SILENT);
    }

    static Path train(Path file, long seed) {
        try (Trained trained = training(DATA).settings(s -> s.seed(seed)).run()) {
            ModelFile.save(trained.model(), file);
        }
        return file;
    }

    private static SparkSession session() {
        SparkSession session = SparkSession.builder()
                .master("local[2]")
                .appName("tests")
                .config("spark.ui.enabled", false)
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.warehouse.dir", HOME.resolve("warehouse").toString())
                .config("spark.sql.extensions", RlrExtensions.class.getName())
                .getOrCreate();
        Runtime.getRuntime().addShutdownHook(new Thread(session::stop));
        return session;
    }

    private static Path home() {
        try {
            Path home = Files.createTempDirectory("rlr-spark");
            DemoDataSet.generate(home.resolve("all"), 64, 10, 3, 2, 7, 2);
            Files.createDirectory(home.resolve("data"));
            for (String name : List.of("fabric", "capsules", "circuit_board")) {
                Files.move(
                        home.resolve("all").resolve(name), home.resolve("data").resolve(name));
            }
            for (String name : List.of("data/fabric", "data/capsules", "all/metal_disc")) {
                Path tests = home.resolve(name).resolve("test");
                Path images = Files.createDirectories(home.resolve("images")
                        .resolve("class=" + tests.getParent().getFileName()));
                try (Stream<Path> files = Files.walk(tests)) {
                    for (Path file : files.filter(Files::isRegularFile).toList()) {
                        Files.copy(file, images.resolve(file.getParent().getFileName() + "-" + file.getFileName()));
                    }
                }
            }
            Path images = home.resolve("images/class=fabric");
            Files.writeString(images.resolve("damaged.png"), "\u0089PNG\r\n\u001a\n", StandardCharsets.ISO_8859_1);
            Files.createFile(images.resolve("empty one.png"));
            Files.writeString(images.resolve("notes.txt"), "no image");
            return home;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
