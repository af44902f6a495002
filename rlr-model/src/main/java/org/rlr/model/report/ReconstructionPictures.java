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
 * Draws a model's features of an image, their reconstruction and the learned reference as pictures with captions (RLR
 * §12). If an image is cut into tiles, each picture is drawn tile by tile, and overlaps are blended with the weights of
 * the anomaly map.
 */
public final class ReconstructionPictures {
    /** The longest side of a picture, less than for maps, because there are many pictures, and of tokens. */
    private static final int LARGEST = 1024;

    /**
     * A picture and its caption.
     *
     * @param caption a few words in lower case
     * @param picture the picture, without the caption
     */
    public record Captioned(String caption, RgbImage picture) {
        /** Returns the picture below its caption. */
        private RgbImage drawn() {
            return Captions.above(picture, caption);
        }
    }

    private final @Nullable FeatureDecoder decoder;
    /** The decoded reference, which is independent of the image. */
    private @Nullable List<RgbImage> reference;

    private ReconstructionPictures(@Nullable FeatureDecoder decoder) {
        this.decoder = decoder;
    }

    /**
     * Returns pictures of features in false colours, one line per level. The colours are the three principal components
     * of the image's own features of that level ({@link FeatureColors}), also for reconstruction and reference. Colours
     * are comparable within a line, but not between images.
     *
     * @return pictures that need no decoder
     */
    public static ReconstructionPictures ofFeatures() {
        return new ReconstructionPictures(null);
    }

    /**
     * Returns pictures drawn by a decoder, which must fit the model ({@link FeatureDecoder#requireFits}); the caller
     * closes it.
     *
     * @param decoder draws features, reconstruction and reference
     * @return pictures by it
     */
    public static ReconstructionPictures decoded(FeatureDecoder decoder) {
        return new ReconstructionPictures(decoder);
    }

    /** Returns an explanation of the lines, in a sentence for people. */
    String explanation() {
        return decoder == null
                ? "a line per feature level with the image's features, their reconstruction and the learned reference, in false colours; "
                        + "equal colours in a line are equal features; colours of different lines are not comparable."
                : "the image's features, their reconstruction and the learned reference, drawn by a decoder.";
    }

    /**
     * Draws the pictures of one image beside the image and its anomaly map; the longer side of each is the map's, but
     * at least {@link Overlays#TILE} and at most 1024 pixels.
     *
     * @param image the image as it was read
     * @param e the examination of the image
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
     * Returns features, reconstruction and the reference's chunks: a line per level, or a single line with a decoder.
     *
     * @param e the examination of an image
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

    /** Draws tokens as blocks of one colour. */
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
        // Lanczos would overshoot at edges, to colours of no token
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

    /** Repeats the picture of a tile over the whole image. */
    private static RgbImage tiled(Examination e, RgbImage picture) {
        return e.grid() == null
                ? picture
                : e.grid().blend(Collections.nCopies(e.grid().count(), picture));
    }

    private static RgbImage smooth(RgbImage picture, ImageSize size) {
        return Resize.lanczos(picture, size.width(), size.height());
    }

    /** Adds the pictures of the reference's chunks, numbered if there are several. */
    private static void addReference(List<Captioned> line, List<RgbImage> chunks) {
        for (int i = 0; i < chunks.size(); i++) {
            line.add(new Captioned(chunks.size() == 1 ? "reference" : "reference " + (i + 1), chunks.get(i)));
        }
    }
}
