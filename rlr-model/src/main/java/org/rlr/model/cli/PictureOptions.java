package org.rlr.model.cli;

import java.nio.file.Path;
import java.util.Locale;
import org.rlr.model.RlrModel;
import org.rlr.model.decoder.DecoderFile;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.tensor.RlrException;
import picocli.CommandLine.Option;

/** What the pictures of examined images show. */
final class PictureOptions {
    /** Kinds of pictures. */
    enum Kind { MAP, FEATURES, DECODER }

    @Option(names = "--pictures", paramLabel = "KIND",
            description = {"With --out: map (the default), the anomaly map beside the image;",
                "features, also features, their reconstruction and the model's reference in false colours;", "decoder, those as pictures by a --decoder."})
    private Kind kind;

    @Option(names = "--decoder", paramLabel = "DECODER", description = "A decoder of this model's features, written by 'rlr decoder train'.")
    private Path decoder;

    /** The kind asked for. @throws RlrException if options are missing, or have no effect */
    Kind kind(Path out) {
        if (out == null && (kind != null || decoder != null)) {
            throw new RlrException((kind == null ? "--decoder " + decoder : "--pictures " + kind.name().toLowerCase(Locale.ROOT))
                    + " says what pictures show, but not where to write them: give --out DIR too");
        }
        if (kind == Kind.DECODER && decoder == null) {
            throw new RlrException("--pictures decoder needs a --decoder: train one with 'rlr decoder train', or take --pictures features, which needs none");
        }
        if (decoder != null && kind != null && kind != Kind.DECODER) {
            throw new RlrException("--decoder " + decoder + " has no effect on --pictures " + kind.name().toLowerCase(Locale.ROOT)
                    + "; leave it away or give --pictures decoder");
        }
        return kind != null ? kind : decoder != null ? Kind.DECODER : Kind.MAP;
    }

    /** The decoder, loaded beside the model; null where none is asked for. @throws RlrException if it does not fit */
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
}
