package org.example.inspection;

import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.rlr.model.ModelException;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Images;
import org.rlr.model.data.PngFile;
import org.rlr.model.detect.Detection;
import org.rlr.model.detect.Region;
import org.rlr.model.detect.ReloadableDetector;
import org.rlr.model.report.Overlays;
import org.rlr.tensor.io.TensorFileException;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Images come as the body of a request, whatever its content type. */
@RestController
class InspectionController {
    private final ReloadableDetector detector;
    private final InspectionSettings settings;

    InspectionController(ReloadableDetector detector, InspectionSettings settings) {
        this.detector = detector;
        this.settings = settings;
    }

    /**
     * The answer to an image. Regions are the parts of the map above the threshold, in pixels of the map, which covers
     * the whole image; the product is the one that was named or recognised, null for an unknown one.
     */
    record Answer(
            double score,
            double normalizedScore,
            boolean anomalous,
            String product,
            boolean unknownProduct,
            double threshold,
            int mapWidth,
            int mapHeight,
            List<Region> regions) {
        static Answer of(Detection detection) {
            return new Answer(
                    detection.score(),
                    detection.normalizedScore(),
                    detection.anomalous(),
                    detection.className(),
                    detection.unknownProduct(),
                    detection.threshold(),
                    detection.mapWidth(),
                    detection.mapHeight(),
                    detection.regions(detection.threshold()));
        }
    }

    /**
     * Examines an image.
     *
     * @param product its product class; without one the model recognises it. In the path: to look for a parameter, Tomcat
     *     would read a body as a form if curl's default content type says so
     */
    @PostMapping(
            value = {"/detect", "/detect/{product}"},
            produces = MediaType.APPLICATION_JSON_VALUE)
    Answer detect(HttpServletRequest request, @PathVariable(required = false) String product) throws IOException {
        return Answer.of(detector.detect(ImageSource.of("", body(request)), product));
    }

    /** Examines an image and draws its anomaly map over it, as large as the image. */
    @PostMapping(value = "/map", produces = MediaType.IMAGE_PNG_VALUE)
    byte[] map(HttpServletRequest request) throws IOException {
        byte[] image = body(request);
        Detection detection = detector.detect(image);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        PngFile.write(
                Overlays.overlay(
                        Images.read(image), detection, detector.info().mapScale()),
                png);
        return png.toByteArray();
    }

    /** Loads the model file again, which was replaced; requests go on meanwhile. */
    @PostMapping("/reload")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void reload() {
        try {
            detector.reload(settings.model());
        } catch (ModelException | TensorFileException e) {
            // the old model stays in service; whoever replaced the file learns why
            throw new ResponseStatusException(HttpStatus.CONFLICT, e.explanation(), e);
        }
    }

    private byte[] body(HttpServletRequest request) throws IOException {
        byte[] bytes = request.getInputStream().readNBytes(settings.maxBytes() + 1);
        if (bytes.length > settings.maxBytes()) {
            throw new ResponseStatusException(
                    HttpStatus.CONTENT_TOO_LARGE, "the image has more than " + settings.maxBytes() + " bytes");
        }
        return bytes;
    }
}
