package org.rlr.model.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.MapScale;
import org.rlr.model.data.Sample;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.eval.ClassEvaluator;
import org.rlr.model.eval.Evaluator;
import org.rlr.model.eval.ScoreRanking.CurvePoint;

/** Observes an evaluation and keeps the data for its pictures and report: a few kilobytes per image, without maps. */
public final class EvaluationRecord implements Evaluator.Observer {
    /** The least distance of visibly different points of a curve. */
    private static final double CURVE_STEP = 1.0 / 250;

    private final int images;
    private final List<ScoredImage> scored = new ArrayList<>();
    private final Map<String, Curves> curves = new LinkedHashMap<>();
    private MapScale.@Nullable Sampler sampler;

    /**
     * The curves of a class; empty lists if they are undefined.
     *
     * @param image the curve of the image scores
     * @param pixel the curve of the pixels
     */
    public record Curves(List<CurvePoint> image, List<CurvePoint> pixel) {}

    /**
     * Creates a record of a limited number of images.
     *
     * @param images the most images to record
     */
    public EvaluationRecord(int images) {
        this.images = images;
    }

    @Override
    public void scored(Sample sample, float score, boolean defective, AnomalyMap map) {
        if (sampler == null) {
            sampler = new MapScale.Sampler((long) images * map.values().length);
        }
        sampler.add(map.values());
        scored.add(ScoredImage.of(sample, score, defective, map));
    }

    @Override
    public void finished(ClassEvaluator evaluator) {
        curves.put(evaluator.name(), new Curves(evaluator.imageCurve(CURVE_STEP), evaluator.pixelCurve(CURVE_STEP)));
    }

    /** {@return the images in the order in which they were scored} */
    public List<ScoredImage> images() {
        return List.copyOf(scored);
    }

    /**
     * Returns the images of a class.
     *
     * @param className the class
     * @return the images in the order in which they were scored
     */
    public List<ScoredImage> images(String className) {
        return scored.stream()
                .filter(each -> each.sample().className().equals(className))
                .toList();
    }

    /**
     * Returns the curves of an evaluated class.
     *
     * @param className the class
     * @return the curves; empty lists if they are undefined
     */
    public Curves curves(String className) {
        return curves.getOrDefault(className, new Curves(List.of(), List.of()));
    }

    /**
     * Returns the common colour scale of all maps, see {@link MapScale#of}.
     *
     * @param least lower bound of the scale's upper end, for example the model's threshold
     * @return the scale
     */
    public MapScale scale(float least) {
        return sampler == null ? new MapScale(0, least) : sampler.scale(least);
    }
}
