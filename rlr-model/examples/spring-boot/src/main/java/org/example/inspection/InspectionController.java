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

/** The endpoints. An image is the body of a request, of any content type. */
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
     * the whole image; the product is the named or recognised one, null if unknown.
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
     * @param product its product class; without it, the model recognises the class. It is in the path because for a
     *     parameter Tomcat would parse the body as a form, if the content type is curl's default
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

    /** Reloads the model file after it was replaced; requests continue meanwhile. */
    @PostMapping("/reload")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void reload() {
        try {
            detector.reload(settings.model());
        } catch (ModelException | TensorFileException e) {
            // the old model stays in service; the answer has the reason
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
