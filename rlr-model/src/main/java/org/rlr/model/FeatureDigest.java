package org.rlr.model;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.features.FeatureStatistics;

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
        MessageDigest digest = sha256();
        add(digest, backbone);
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * Of the weights of a model's backbone and the statistics by which features are standardised, where they are, as
     * hexadecimal digits.
     *
     * @param model a loaded model
     * @return 64 hexadecimal digits
     */
    public static String of(RlrModel model) {
        MessageDigest digest = sha256();
        add(digest, model.backbone());
        if (model.statistics() != null) {
            for (FeatureStatistics s : model.statistics()) {
                add(digest, s.mean());
                add(digest, s.std());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, Backbone backbone) {
        StateDict weights = backbone.weights();
        weights.names().forEach(name -> {
            digest.update(name.getBytes(StandardCharsets.UTF_8));
            add(digest, weights.values(name));
        });
    }

    private static void add(MessageDigest digest, float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
        bytes.asFloatBuffer().put(values);
        digest.update(bytes);
    }

    /** {@return a fresh digest} */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
