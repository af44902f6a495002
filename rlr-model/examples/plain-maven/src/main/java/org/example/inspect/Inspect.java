package org.example.inspect;

import java.nio.file.Path;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Detection;
import org.rlr.tensor.RlrException;

/** Prints for each image whether it is normal: {@code inspect MODEL IMAGE…}. */
public final class Inspect {
    private Inspect() {}

    /**
     * Examines images.
     *
     * @param args a model file, then image files
     */
    public static void main(String[] args) {
        try (AnomalyDetector detector = AnomalyDetector.load(Path.of(args[0]))) {
            for (int i = 1; i < args.length; i++) {
                Detection detection = detector.detect(Path.of(args[i]));
                System.out.printf(
                        "%s: score %.3f, %s%n",
                        args[i], detection.score(), detection.anomalous() ? "anomalous" : "normal");
            }
        } catch (RlrException e) {
            System.err.println(e.explanation());
            System.exit(1);
        }
    }
}
