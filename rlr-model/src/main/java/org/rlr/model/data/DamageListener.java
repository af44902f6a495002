package org.rlr.model.data;

import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import org.jspecify.annotations.Nullable;

/** Collects a decoder's warnings: the JDK's decoders go on after damage, fill the rest with grey, and only warn. */
final class DamageListener implements IIOReadWarningListener {
    private @Nullable String first;

    @Override
    public void warningOccurred(ImageReader source, String warning) {
        if (first == null) {
            first = warning;
        }
    }

    /** Throws what was warned of, if anything. */
    void check() throws IOException {
        if (first != null) {
            throw new IOException(first);
        }
    }
}
