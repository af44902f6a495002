package org.example.training;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.Threshold;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Images;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.Detection;
import org.rlr.model.detect.DetectorOptions;
import org.rlr.model.eval.Thresholding;
import org.rlr.model.train.EpochReport;
import org.rlr.model.train.RlrTraining;
import org.rlr.model.train.Trained;
import org.rlr.model.train.TrainingListener;
import org.rlr.tensor.RlrException;

/** Trains a model on images of normal parts, then examines other images: {@code training NORMAL MODEL IMAGE…}. */
public final class Training {
    private static final String PRODUCT = "part";

    /** One normal image in four is held out of training, to find the threshold. */
    private static final int KEPT = 4;

    private Training() {}

    /**
     * Trains, saves and detects.
     *
     * @param args a folder of normal images, the model file to write, then images to examine
     */
    public static void main(String[] args) {
        try {
            List<Path> images = Arrays.stream(args).skip(2).map(Path::of).toList();
            train(data(Path.of(args[0])), Path.of(args[1]), ImageSource.files(images));
        } catch (RlrException e) {
            System.err.println(e.explanation());
            System.exit(1);
        }
    }

    /**
     * A data set; reads no image yet. If images are not files: {@code ImageSource.of(id, bytes)} or {@code of(id,
     * opener)}.
     */
    private static DataSet data(Path normal) {
        List<ImageSource> images = ImageSource.files(Images.list(normal));
        List<ImageSource> trained = new ArrayList<>();
        List<ImageSource> kept = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            (i % KEPT == 0 ? kept : trained).add(images.get(i));
        }
        return DataSet.builder().train(PRODUCT, trained).validation(PRODUCT, kept).build();
    }

    private static void train(DataSet data, Path file, List<ImageSource> images) {
        Thresholding rule = Thresholding.falseAlarmRate(0.1);
        rule.requireEnough(rule.samples(data)); // fails before training if there are too few
        RlrTraining training = RlrTraining.on(data)
                .config(c -> c.imageSize(64, 64).width(32).layers(2)) // small: this is an example
                .settings(s -> s.epochs(10).seed(1).validation(null)) // held out above
                .listener(new TrainingListener() {
                    @Override
                    public void epoch(EpochReport report) {
                        System.out.printf("epoch %d: loss %.4f%n", report.epoch(), report.training().total());
                    }
                });
        try (Trained trained = training.run()) {
            RlrModel model = rule.of(trained.model(), data);
            ModelFile.save(model, file);
            print(model.info().thresholds().common());
            try (AnomalyDetector detector = AnomalyDetector.of(model, DetectorOptions.DEFAULTS)) {
                for (ImageSource image : images) {
                    Detection detection = detector.detect(image);
                    System.out.printf(
                            "%s: score %.3f, %s%n",
                            image.id(), detection.score(), detection.anomalous() ? "anomalous" : "normal");
                }
            }
        }
    }

    private static void print(Threshold threshold) {
        System.out.printf("threshold %.3f, found with %d normal images", threshold.value(), threshold.normal());
        Threshold.Interval rate = threshold.falseAlarmRate();
        if (rate != null) { // it is null if another rule found the threshold
            System.out.printf("; %.1f %% false alarms expected", 100 * rate.estimate());
        }
        System.out.println();
    }
}
