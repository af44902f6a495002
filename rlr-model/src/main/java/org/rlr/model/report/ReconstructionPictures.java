package org.rlr.model.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.MapScale;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.Resize;
import org.rlr.model.data.RgbImage;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.model.detect.Examination;

/**
 * What a model sees in an image, what it makes of it and what it believes normal, as pictures with captions: features,
 * reconstruction and reference (RLR §12). Of an image that is cut into tiles, each picture is made tile by tile, and
 * where tiles overlap they are blended by the weights of the anomaly map.
 */
public final class ReconstructionPictures {
    /** Less than that of maps alone: there are many pictures, of tokens, not pixels. */
    private static final int LARGEST = 1024;

    /**
     * A picture and what it shows.
     *
     * @param caption a few words in lower case
     * @param picture the picture, without the caption
     */
    public record Captioned(String caption, RgbImage picture) {
        /** The picture below its caption. */
        private RgbImage drawn() {
            return Captions.above(picture, caption);
        }
    }

    private final @Nullable FeatureDecoder decoder;
    /** The decoded reference does not depend on the image. */
    private @Nullable List<RgbImage> reference;

    private ReconstructionPictures(@Nullable FeatureDecoder decoder) {
        this.decoder = decoder;
    }

    /**
     * Features in false colours, one line per level. The colours are the three principal components of the image's own
     * features of that level ({@link FeatureColors}); reconstruction and reference have the same ones, so that a line's
     * colours can be compared, those of two images cannot.
     *
     * @return pictures that need no decoder
     */
    public static ReconstructionPictures ofFeatures() {
        return new ReconstructionPictures(null);
    }

    /**
     * Pictures by a decoder, which stays the caller's and has to fit the model ({@link FeatureDecoder#requireFits}).
     *
     * @param decoder draws features, reconstruction and reference
     * @return pictures by it
     */
    public static ReconstructionPictures decoded(FeatureDecoder decoder) {
        return new ReconstructionPictures(decoder);
    }

    /** What the lines show, in a sentence for people. */
    String explanation() {
        return decoder == null
                ? "a line per feature level with the image's features, what the model makes of them (reconstruction) and the reference that it has learned, in false colours; "
                        + "equal colours of a line are equal features, those of two lines do not compare."
                : "what a decoder draws of the image's features, of what the model makes of them (reconstruction) and of the reference that it has learned.";
    }

    /**
     * The pictures of one image beside the image and its anomaly map; the longer side of each is the map's, but at
     * least {@link Overlays#TILE} and at most 1024 pixels.
     *
     * @param image the image as it was read
     * @param e what the model made of it
     * @param scale of the map's colours
     * @return the panel
     */
    public RgbImage panel(RgbImage image, Examination e, MapScale scale) {
        ImageSize size = Overlays.tileSize(
                image.size(), Overlays.side(e.map().height(), e.map().width(), LARGEST));
        RgbImage resized = Resize.lanczos(image, size.width(), size.height());
        Captioned input = new Captioned("input", resized);
        Captioned map = new Captioned(
                "anomaly map",
                Overlays.overlay(
                        resized, e.map().values(), e.map().height(), e.map().width(), scale));
        List<List<Captioned>> lines = new ArrayList<>();
        if (decoder == null) {
            lines.add(List.of(input, map));
            lines.addAll(lines(e, size));
        } else {
            List<Captioned> line = new ArrayList<>(List.of(input));
            lines(e, size).forEach(line::addAll);
            line.add(map);
            lines.add(line);
        }
        return Overlays.grid(
                lines.stream()
                        .map(line -> line.stream().map(Captioned::drawn).toList())
                        .toList(),
                Overlays.GAP);
    }

    /**
     * Features, reconstruction and the reference's chunks, a line per level or, by a decoder, one.
     *
     * @param e what the model made of an image
     * @param size of each picture
     * @return lines of pictures
     */
    public List<List<Captioned>> lines(Examination e, ImageSize size) {
        List<List<Captioned>> lines = new ArrayList<>();
        FeatureDecoder drawing = decoder;
        if (drawing == null) {
            for (int level = 0; level < e.inputs().get(0).size(); level++) {
                lines.add(falseColors(e, level, size));
            }
        } else {
            List<Captioned> line = new ArrayList<>();
            line.add(new Captioned("decoded features", decode(drawing, e, size, Examination.Level::features)));
            line.add(new Captioned("reconstruction", decode(drawing, e, size, Examination.Level::reconstruction)));
            addReference(
                    line,
                    decodedReference(drawing, e).stream()
                            .map(picture -> smooth(tiled(e, picture), size))
                            .toList());
            lines.add(line);
        }
        return lines;
    }

    private static List<Captioned> falseColors(Examination e, int index, ImageSize size) {
        Examination.Level level = e.inputs().get(0).get(index);
        FeatureColors colors = new FeatureColors(
                e.inputs().stream().map(input -> input.get(index).features()).toList(), level.channels());
        Function<Function<Examination.Level, float[]>, RgbImage> picture = tokens -> blocks(
                e,
                input -> {
                    Examination.Level each = input.get(index);
                    return colors.picture(tokens.apply(each), each.height(), each.width());
                },
                size);
        List<Captioned> line = new ArrayList<>();
        boolean strideTells = e.inputs().get(0).stream()
                        .filter(each -> each.stride() == level.stride())
                        .count()
                == 1;
        String name = strideTells ? "stride " + level.stride() : "level " + level.level();
        line.add(new Captioned(name + ", features", picture.apply(Examination.Level::features)));
        line.add(new Captioned("reconstruction", picture.apply(Examination.Level::reconstruction)));
        List<RgbImage> chunks = new ArrayList<>();
        for (int i = 0; i < level.reference().size(); i++) {
            int chunk = i;
            chunks.add(picture.apply(each -> each.reference().get(chunk)));
        }
        addReference(line, chunks);
        return line;
    }

    /** Tokens as blocks of one colour. */
    private static RgbImage blocks(Examination e, Function<List<Examination.Level>, RgbImage> tokens, ImageSize size) {
        if (e.grid() == null) {
            RgbImage picture = tokens.apply(e.inputs().get(0));
            return Resize.nearest(picture, size.width(), size.height());
        }
        RgbImage whole = e.grid()
                .blend(e.inputs().stream()
                        .map(input -> Resize.nearest(
                                tokens.apply(input),
                                e.grid().tileWidth(),
                                e.grid().tileHeight()))
                        .toList());
        // Lanczos would draw colours beyond an edge that no token has
        return whole.width() < size.width() ? Resize.nearest(whole, size.width(), size.height()) : smooth(whole, size);
    }

    private static RgbImage decode(
            FeatureDecoder decoder, Examination e, ImageSize size, Function<Examination.Level, float[]> tokens) {
        List<RgbImage> pictures = e.inputs().stream()
                .map(input -> decoder.decode(input.stream().map(tokens).toList()))
                .toList();
        return smooth(e.grid() == null ? pictures.get(0) : e.grid().blend(pictures), size);
    }

    private synchronized List<RgbImage> decodedReference(FeatureDecoder drawing, Examination e) {
        if (reference == null) {
            List<Examination.Level> levels = e.inputs().get(0);
            List<RgbImage> decoded = new ArrayList<>();
            for (int i = 0; i < levels.get(0).reference().size(); i++) {
                int chunk = i;
                decoded.add(drawing.decode(levels.stream()
                        .map(level -> level.reference().get(chunk))
                        .toList()));
            }
            reference = decoded;
        }
        return reference;
    }

    /** What is the same in every tile, over the whole image. */
    private static RgbImage tiled(Examination e, RgbImage picture) {
        return e.grid() == null
                ? picture
                : e.grid().blend(Collections.nCopies(e.grid().count(), picture));
    }

    private static RgbImage smooth(RgbImage picture, ImageSize size) {
        return Resize.lanczos(picture, size.width(), size.height());
    }

    /** The pictures of the reference's chunks, numbered where there are several. */
    private static void addReference(List<Captioned> line, List<RgbImage> chunks) {
        for (int i = 0; i < chunks.size(); i++) {
            line.add(new Captioned(chunks.size() == 1 ? "reference" : "reference " + (i + 1), chunks.get(i)));
        }
    }
}
