package org.rlr.model.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.Resize;
import org.rlr.model.data.RgbImage;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.model.detect.Examination;

/**
 * What a model sees in an image, what it makes of it and what it believes normal, as pictures with captions: image and anomaly map beside features, reconstruction
 * and reference (RLR §12).
 */
public final class ReconstructionPictures {
    private final MapScale scale;
    private final FeatureDecoder decoder;
    /** The decoded reference does not depend on the image. */
    private List<RgbImage> reference;

    private ReconstructionPictures(MapScale scale, FeatureDecoder decoder) {
        this.scale = scale;
        this.decoder = decoder;
    }

    /**
     * Features in false colours, one line per level. The colours are the three principal components of the image's own features of that level
     * ({@link FeatureColors}); reconstruction and reference have the same ones, so that a line's colours can be compared, those of two images cannot.
     */
    public static ReconstructionPictures ofFeatures(MapScale scale) {
        return new ReconstructionPictures(scale, null);
    }

    /** Pictures by a decoder, which stays the caller's and has to fit the model ({@link FeatureDecoder#requireFits}). */
    public static ReconstructionPictures decoded(MapScale scale, FeatureDecoder decoder) {
        return new ReconstructionPictures(scale, decoder);
    }

    /** The pictures of one image, the longer side of each {@link Overlays#TILE} pixels. */
    public RgbImage panel(RgbImage image, Examination e) {
        ImageSize tile = Overlays.tileSize(image.size());
        RgbImage input = Resize.lanczos(image, tile.width(), tile.height());
        RgbImage map = Captions.above(Overlays.overlay(input, e.map().values(), e.map().height(), e.map().width(), scale), "anomaly map");
        List<List<RgbImage>> lines = new ArrayList<>();
        List<RgbImage> first = new ArrayList<>(List.of(Captions.above(input, "input")));
        if (decoder == null) {
            first.add(map);
            lines.add(first);
            e.levels().forEach(level -> lines.add(falseColors(level, tile)));
        } else {
            first.add(Captions.above(decode(e, tile, Examination.Level::features), "decoded features"));
            first.add(Captions.above(decode(e, tile, Examination.Level::reconstruction), "reconstruction"));
            first.addAll(named(decodedReference(e, tile)));
            first.add(map);
            lines.add(first);
        }
        return Overlays.grid(lines, Overlays.GAP);
    }

    private static List<RgbImage> falseColors(Examination.Level level, ImageSize tile) {
        FeatureColors colors = new FeatureColors(level.features(), level.channels());
        Function<float[], RgbImage> picture = tokens -> Resize.nearest(colors.picture(tokens, level.height(), level.width()), tile.width(), tile.height());
        List<RgbImage> line = new ArrayList<>();
        line.add(Captions.above(picture.apply(level.features()), "stride " + level.stride() + ", features"));
        line.add(Captions.above(picture.apply(level.reconstruction()), "reconstruction"));
        line.addAll(named(level.reference().stream().map(picture).toList()));
        return line;
    }

    private RgbImage decode(Examination e, ImageSize tile, Function<Examination.Level, float[]> tokens) {
        return Resize.lanczos(decoder.decode(e.levels().stream().map(tokens).toList()), tile.width(), tile.height());
    }

    private synchronized List<RgbImage> decodedReference(Examination e, ImageSize tile) {
        if (reference == null) {
            reference = new ArrayList<>();
            for (int i = 0; i < e.levels().get(0).reference().size(); i++) {
                int chunk = i;
                reference.add(decoder.decode(e.levels().stream().map(level -> level.reference().get(chunk)).toList()));
            }
        }
        return reference.stream().map(picture -> Resize.lanczos(picture, tile.width(), tile.height())).toList();
    }

    /** The pictures of the reference's chunks with captions, numbered where there are several. */
    private static List<RgbImage> named(List<RgbImage> chunks) {
        List<RgbImage> named = new ArrayList<>();
        for (RgbImage chunk : chunks) {
            named.add(Captions.above(chunk, chunks.size() == 1 ? "reference" : "reference " + (named.size() + 1)));
        }
        return named;
    }
}
