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

/** Options for the content of pictures of images. */
final class PictureOptions {
    /** Kinds of pictures. */
    enum Kind {
        MAP,
        FEATURES,
        DECODER;

        /**
         * Returns the object that draws the panels beside the map; null if there are none.
         *
         * @param decoder decoder for {@link #DECODER}; null for the other kinds
         */
        @Nullable
        ReconstructionPictures pictures(@Nullable FeatureDecoder decoder) {
            return switch (this) {
                case MAP -> null;
                case FEATURES -> ReconstructionPictures.ofFeatures();
                case DECODER -> {
                    if (decoder == null) {
                        throw new IllegalArgumentException("pictures of the kind decoder need a decoder");
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
                "Content of the pictures of 'detect --out' and of the worst images in 'evaluate --report': map "
                        + "(default) shows the anomaly map beside the image;",
                "features also shows features, their reconstruction and the model's reference in false colours;",
                "decoder shows these as pictures, drawn by a --decoder."
            })
    private Kind kind;

    @Option(
            names = "--decoder",
            paramLabel = "DECODER",
            description = "A decoder for this model's features, written by 'rlr decoder train'.")
    private Path decoder;

    /**
     * Returns the chosen kind.
     *
     * @param target file or folder for the pictures; null for none
     * @param option option of the target, for the message
     * @throws RlrException if options are missing, or have no effect
     */
    Kind kind(@Nullable Path target, String option) {
        if (target == null && (kind != null || decoder != null)) {
            throw new RlrException(
                    (kind == null ? "--decoder " + decoder : "--pictures " + kind)
                            + " has no effect without pictures to write",
                    "give " + option + " too");
        }
        if (kind == Kind.DECODER && decoder == null) {
            throw new RlrException(
                    "--pictures decoder needs a --decoder",
                    "train one with 'rlr decoder train', or use --pictures features, which needs none");
        }
        if (decoder != null && kind != null && kind != Kind.DECODER) {
            throw new RlrException(
                    "--decoder " + decoder + " has no effect on --pictures " + kind,
                    "omit it or give --pictures decoder");
        }
        return kind != null ? kind : decoder != null ? Kind.DECODER : Kind.MAP;
    }

    /** Loads the decoder; null if none is given. @throws RlrException if it does not fit the model */
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

    /** Returns these options as command-line text, with the decoder's name without its folder. */
    String arguments() {
        return (kind == null ? "" : " --pictures " + kind)
                + (decoder == null
                        ? ""
                        : " --decoder " + FileNames.quoted(decoder.getFileName().toString()));
    }
}
