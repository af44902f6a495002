package org.rlr.model.data;

import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import org.jspecify.annotations.Nullable;

/** Collects a decoder's warnings: after damage the JDK's decoders only warn and fill the rest with grey. */
final class DamageListener implements IIOReadWarningListener {
    private @Nullable String first;

    @Override
    public void warningOccurred(ImageReader source, String warning) {
        if (first == null) {
            first = warning;
        }
    }

    /** Throws an exception with the first warning, if any. */
    void check() throws IOException {
        if (first != null) {
            throw new IOException(first);
        }
    }
}
