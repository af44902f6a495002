package org.rlr.model.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.rlr.model.config.MapScale;
import org.rlr.model.config.Texts;
import org.rlr.model.config.Thresholds;
import org.rlr.model.data.Images;
import org.rlr.model.data.RgbImage;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.model.detect.AnomalyDetector;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.detect.Detection;
import org.rlr.model.detect.Examination;
import org.rlr.model.features.ProductRecognizer;
import org.rlr.model.report.ReconstructionPictures;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rlr detect}. */
@Command(
        name = "detect",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Examine images. Prints one line per image: path, score, verdict, and the class if the model "
                    + "recognises several.",
            "Images that cannot be read are reported on standard error; the others are still examined, and the "
                    + "exit code is 1."
        })
final class DetectCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "A model file written by 'rlr train'.")
    private Path model;

    @Parameters(arity = "1..*", paramLabel = "IMAGE|DIR", description = "Images, or folders of images.")
    private List<Path> inputs;

    @Option(
            names = "--class",
            paramLabel = "NAME",
            description = "Product class of all images; its own threshold is used, and classes are not recognised.")
    private String className;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write path, score, score normalised to 0…1 (0.5 at the threshold), verdict and class of "
                    + "each image as JSON.")
    private Path json;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Write a PNG per image, the image beside its anomaly map; --pictures shows more.")
    private Path out;

    @Mixin
    private PictureOptions pictures;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() {
        PrintWriter text = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        PictureOptions.Kind kind = pictures.kind(out, "--out DIR");
        List<Path> files = InputImages.of(inputs, spec);
        if (out != null) {
            OverlayWriter.requireApart(out, files);
            requireOtherFolder();
        }
        JsonArray results = new JsonArray();
        int failures = 0;
        int anomalous = 0;
        int unknown = 0;
        try (Backend device = backend.open();
                AnomalyDetector detector = AnomalyDetector.load(model, device);
                FeatureDecoder decoder = pictures.open(detector.model())) {
            Thresholds thresholds = detector.info().thresholds();
            ProductRecognizer recognizer = detector.model().recognizer();
            boolean several = recognizer != null && recognizer.products().size() > 1;
            if (className != null) {
                thresholds.ownOf(className); // fails before the first image
            } else if (recognizer == null && !thresholds.perClass().isEmpty()) {
                err.println("note: the model has thresholds for "
                        + FileNames.printable(
                                String.join(", ", thresholds.perClass().keySet()))
                        + "; the common one is used; choose another with --class");
                err.flush();
            }
            MapScale scale = detector.info().mapScale();
            OverlayWriter overlays = out == null ? null : new OverlayWriter(out, scale);
            ReconstructionPictures drawn = kind.pictures(decoder);
            for (Path file : files) {
                RgbImage image;
                Examination examined;
                Detection d;
                try {
                    image = Images.read(file);
                    examined = drawn == null ? null : detector.scorer().examine(image);
                    AnomalyMap map = examined == null ? detector.scorer().score(image) : examined.map();
                    d = detection(detector, map, file);
                } catch (RlrException e) {
                    Main.error(err, OptionNames.explain(e));
                    failures++;
                    continue;
                }
                anomalous += d.anomalous() ? 1 : 0;
                unknown += d.unknownProduct() ? 1 : 0;
                text.printf(
                        Locale.ROOT,
                        "%s\t%.4f\t%s%s%n",
                        FileNames.printable(file),
                        d.score(),
                        d.unknownProduct() ? "unknown product" : d.anomalous() ? "anomalous" : "normal",
                        several && d.className() != null ? "\t" + FileNames.printable(d.className()) : "");
                text.flush();
                if (StandardOutput.lost() && json == null && out == null) {
                    return 0; // no reader for the rest
                }
                results.add(entry(file.toString(), d, recognizer != null));
                if (overlays != null && drawn != null && examined != null) {
                    overlays.write(file, drawn.panel(image, examined, scale));
                } else if (overlays != null) {
                    overlays.write(file, image, d);
                }
            }
        }
        if (json != null) {
            AtomicFile.writeString(
                    json,
                    new GsonBuilder()
                                    .setPrettyPrinting()
                                    .disableHtmlEscaping()
                                    .create()
                                    .toJson(results) + "\n");
        }
        if (files.size() > 1) {
            err.printf(
                    "%d images: %d anomalous%s, %d normal%s%n",
                    files.size(),
                    anomalous,
                    unknown == 0 ? "" : " (" + Texts.count(unknown, "unknown product") + ")",
                    files.size() - failures - anomalous,
                    failures == 0 ? "" : ", " + failures + " unreadable");
            err.flush();
        }
        return failures == 0 ? 0 : Main.FAILURE;
    }

    /** Rejects a folder of images for the pictures: the next call would examine them. */
    private void requireOtherFolder() {
        for (Path input : inputs) {
            if (Files.isDirectory(input) && OutputFiles.real(input).equals(OutputFiles.real(out))) {
                throw new RlrException(
                        "--out " + out + " contains the images; the next call would examine the pictures too",
                        "give another folder");
            }
        }
    }

    /** @throws RlrException naming the file */
    private Detection detection(AnomalyDetector detector, AnomalyMap map, Path file) {
        try {
            return className == null ? detector.detection(map) : detector.detection(map, className);
        } catch (RlrException e) {
            throw e.at(file);
        }
    }

    /**
     * Returns the result of an image as JSON, for this command and the service.
     *
     * @param recognizes whether the model recognises classes
     */
    static JsonObject entry(String path, Detection d, boolean recognizes) {
        JsonObject entry = new JsonObject();
        entry.addProperty("path", path);
        entry.addProperty("score", d.score());
        entry.addProperty("normalized_score", d.normalizedScore());
        entry.addProperty("anomalous", d.anomalous());
        entry.addProperty("threshold", d.threshold());
        if (d.className() != null) {
            entry.addProperty("class", d.className());
        }
        if (recognizes) {
            entry.addProperty("unknown_product", d.unknownProduct());
        }
        return entry;
    }
}
