package org.rlr.tensor.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.rlr.tensor.io.SafeTensorsFile;

/**
 * The golden files for comparison tests. The system property {@value #PROPERTY} names their folder, to run the same
 * tests against another set created in the same way. By default the copies in the test resources are used
 * ({@code /golden/} on the class path). A relative folder is searched in the working directory, then in the root of the
 * repository, where {@code mvn -Drlr.golden=DIR} usually runs.
 */
public final class GoldenFiles {
    /** The property for another folder. */
    public static final String PROPERTY = "rlr.golden";

    private GoldenFiles() {}

    /** Opens {@code <caseName>.safetensors}. */
    public static SafeTensorsFile open(String caseName) {
        return SafeTensorsFile.open(path(caseName + ".safetensors"));
    }

    /**
     * Returns the path of a golden file.
     *
     * @throws IllegalStateException if it is missing, so that a test that needs it fails
     */
    public static Path path(String file) {
        return find(file)
                .orElseThrow(() -> new IllegalStateException(
                        folder().map(folder -> "no golden file " + file + " in " + folder + " (-D" + PROPERTY + ")")
                                .orElse("no golden file /golden/" + file + " on the class path")));
    }

    /** Returns the path of a golden file; empty if this set lacks it. */
    public static Optional<Path> find(String file) {
        Optional<Path> folder = folder();
        return folder.isPresent() ? folder.map(dir -> dir.resolve(file)).filter(Files::isRegularFile) : resource(file);
    }

    /** The folder set by the property, if any. */
    static Optional<Path> folder() {
        String value = System.getProperty(PROPERTY, "");
        return value.isBlank()
                ? Optional.empty()
                : Optional.of(resolve(value, Path.of("").toAbsolutePath()));
    }

    static Path resolve(String value, Path workingDirectory) {
        Path here = workingDirectory.resolve(value);
        Path atRoot = repositoryRoot(workingDirectory).resolve(value);
        if (Files.isDirectory(here)) {
            return here.normalize();
        }
        if (Files.isDirectory(atRoot)) {
            return atRoot.normalize();
        }
        throw new IllegalStateException(
                "-D" + PROPERTY + "=" + value + " is not a folder (tried " + here + " and " + atRoot + ")");
    }

    /** Returns the outermost folder of the unbroken chain of parents (starting at the given folder) with a pom.xml. */
    private static Path repositoryRoot(Path from) {
        Path root = from;
        for (Path dir = from; dir != null && Files.exists(dir.resolve("pom.xml")); dir = dir.getParent()) {
            root = dir;
        }
        return root;
    }

    private static Optional<Path> resource(String file) {
        URL url = GoldenFiles.class.getResource("/golden/" + file);
        if (url == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(url.getProtocol().equals("file") ? Path.of(url.toURI()) : Extracted.copy(url, file));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(url.toString(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the largest difference divided by the largest expected value; NaN if a value is unexpectedly NaN. */
    public static double error(float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length, "length");
        double scale = 0;
        double error = 0;
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            // a NaN must not be lost
            double difference = Math.abs((double) actual[i] - expected[i]);
            error = difference <= error ? error : difference;
        }
        return error / scale;
    }

    /** Copies resources out of a jar once, because files are mapped. */
    private static final class Extracted {
        private static final Path FOLDER = create();

        private static Path create() {
            try {
                Path folder = Files.createTempDirectory("rlr-golden");
                folder.toFile().deleteOnExit();
                return folder;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static synchronized Path copy(URL url, String file) throws IOException {
            Path target = FOLDER.resolve(file);
            if (Files.notExists(target)) {
                try (InputStream in = url.openStream()) {
                    Files.copy(in, target);
                }
                target.toFile().deleteOnExit();
            }
            return target;
        }
    }
}
