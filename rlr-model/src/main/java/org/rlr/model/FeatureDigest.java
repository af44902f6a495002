package org.rlr.model;

import java.nio.charset.StandardCharsets;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.features.FeatureStatistics;
import org.rlr.tensor.io.Sha256;

/** SHA-256 of what features depend on, to tell whether two things are made of the same. */
public final class FeatureDigest {
    private FeatureDigest() {}

    /**
     * Of the backbone's weights, as hexadecimal digits.
     *
     * @param backbone loaded weights of any backbone
     * @return 64 hexadecimal digits of names and values
     */
    public static String weights(Backbone backbone) {
        return digest(backbone).hex();
    }

    /**
     * Of the weights of a model's backbone and the statistics by which features are standardised, where they are, as
     * hexadecimal digits.
     *
     * @param model a loaded model
     * @return 64 hexadecimal digits
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
