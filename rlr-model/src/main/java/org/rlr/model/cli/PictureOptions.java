package org.rlr.model.cli;

import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.decoder.DecoderFile;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.model.report.ReconstructionPictures;
import org.rlr.tensor.RlrException;
import picocli.CommandLine.Option;

/** What the pictures of examined images show. */
final class PictureOptions {
    /** Kinds of pictures. */
    enum Kind {
        MAP,
        FEATURES,
        DECODER;

        /**
         * What draws them beside the map; null where there is nothing else to draw.
         *
         * @param decoder for its own kind; null for the others
         */
        @Nullable
        ReconstructionPictures pictures(@Nullable FeatureDecoder decoder) {
            return switch (this) {
                case MAP -> null;
                case FEATURES -> ReconstructionPictures.ofFeatures();
                case DECODER -> {
                    if (decoder == null) {
                        throw new IllegalArgumentException("pictures by a decoder need one");
                    }
                    yield ReconstructionPictures.decoded(decoder);
                }
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--pictures",
            paramLabel = "KIND",
            description = {
                "What the pictures of 'detect --out' and of the worst images in 'evaluate --report' show: map (the default), the anomaly map beside the image;",
                "features, also features, their reconstruction and the model's reference in false colours;",
                "decoder, those as pictures by a --decoder."
            })
    private Kind kind;

    @Option(
            names = "--decoder",
            paramLabel = "DECODER",
            description = "A decoder of this model's features, written by 'rlr decoder train'.")
    private Path decoder;

    /**
     * The kind asked for.
     *
     * @param target where the pictures go; null for nowhere
     * @param option that names the target, for the message
     * @throws RlrException if options are missing, or have no effect
     */
    Kind kind(@Nullable Path target, String option) {
        if (target == null && (kind != null || decoder != null)) {
            throw new RlrException(
                    (kind == null ? "--decoder " + decoder : "--pictures " + kind)
                            + " says what pictures show, but not where to write them",
                    "give " + option + " too");
        }
        if (kind == Kind.DECODER && decoder == null) {
            throw new RlrException(
                    "--pictures decoder needs a --decoder",
                    "train one with 'rlr decoder train', or take --pictures features, which needs none");
        }
        if (decoder != null && kind != null && kind != Kind.DECODER) {
            throw new RlrException(
                    "--decoder " + decoder + " has no effect on --pictures " + kind,
                    "omit it or give --pictures decoder");
        }
        return kind != null ? kind : decoder != null ? Kind.DECODER : Kind.MAP;
    }

    /** The decoder, loaded beside the model; null where none is asked for. @throws RlrException if it does not fit */
    @Nullable
    FeatureDecoder open(RlrModel model) {
        if (decoder == null) {
            return null;
        }
        FeatureDecoder loaded = DecoderFile.load(decoder, model.backend());
        try {
            loaded.requireFits(model);
            return loaded;
        } catch (Throwable t) {
            loaded.close();
            throw t;
        }
    }

    /** These options as a command line has them, the decoder by its name only. */
    String arguments() {
        return (kind == null ? "" : " --pictures " + kind)
                + (decoder == null
                        ? ""
                        : " --decoder " + FileNames.quoted(decoder.getFileName().toString()));
    }
}
