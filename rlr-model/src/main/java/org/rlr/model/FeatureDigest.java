package org.rlr.model;

import java.nio.charset.StandardCharsets;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.features.FeatureStatistics;
import org.rlr.tensor.io.Sha256;

/** SHA-256 of everything that features depend on; equal digests mean that features are interchangeable. */
public final class FeatureDigest {
    private FeatureDigest() {}

    /**
     * Digest of a backbone's weights.
     *
     * @param backbone loaded weights of any backbone
     * @return SHA-256 over names and values, 64 hexadecimal digits
     */
    public static String weights(Backbone backbone) {
        return digest(backbone).hex();
    }

    /**
     * Digest of a model's backbone weights and, where features are standardised, of their statistics.
     *
     * @param model a loaded model
     * @return SHA-256, 64 hexadecimal digits
     */
    public static String of(RlrModel model) {
        Sha256 digest = digest(model.backbone());
        if (model.statistics() != null) {
            for (FeatureStatistics s : model.statistics()) {
                digest.add(s.mean()).add(s.std());
            }
        }
        return digest.hex();
    }

    private static Sha256 digest(Backbone backbone) {
        Sha256 digest = new Sha256();
        StateDict weights = backbone.weights();
        weights.names()
                .forEach(name ->
                        digest.add(name.getBytes(StandardCharsets.UTF_8)).add(weights.values(name)));
        return digest;
    }
}
