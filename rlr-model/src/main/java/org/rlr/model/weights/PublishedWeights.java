package org.rlr.model.weights;

import java.net.URI;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbones;
import org.rlr.tensor.InvalidSettingException;

/**
 * Weights of a backbone that timm publishes. Tags and licences are those of timm 1.0. If timm has several sets, this is
 * the one that PyTorch users of the method get ({@code aa_in1k}, {@code racm_in1k}), or else timm's default, trained
 * for the pixels that the backbone expects.
 *
 * @param backbone the backbone's name
 * @param tag tag of timm's set of weights
 * @param licence SPDX identifier according to timm
 * @param sha256 the file's hash, lower-case hexadecimal; null if unknown: the hash that the hub states is then used
 */
public record PublishedWeights(
        String backbone,
        String tag,
        String licence,
        @Nullable String sha256) {
    /** The public model hub. */
    public static final String HUB = "https://huggingface.co";

    private static final String OWNER = "timm";
    private static final String FILE = "model.safetensors";
    private static final String APACHE = "Apache-2.0";

    private static final Map<String, PublishedWeights> TABLE = table();

    private static Map<String, PublishedWeights> table() {
        Map<String, PublishedWeights> table = new LinkedHashMap<>();
        for (int i = 0; i <= 7; i++) {
            add(table, "tf_efficientnet_b" + i, "aa_in1k");
        }
        for (int i = 0; i <= 4; i++) {
            add(table, "tf_efficientnet_lite" + i, "in1k");
        }
        add(table, "efficientnet_b0", "ra_in1k");
        add(table, "efficientnet_b1", "ft_in1k");
        add(table, "efficientnet_b2", "ra_in1k");
        add(table, "efficientnet_b3", "ra2_in1k");
        add(table, "efficientnet_b4", "ra2_in1k");
        add(table, "efficientnet_b5", "sw_in12k_ft_in1k");
        add(table, "efficientnet_lite0", "ra_in1k");
        add(table, "resnet18", "a1_in1k");
        add(table, "resnet34", "a1_in1k");
        add(table, "resnet50", "a1_in1k");
        add(table, "resnet101", "a1h_in1k");
        add(table, "wide_resnet50_2", "racm_in1k");
        for (String size : new String[] {"small", "base", "large"}) {
            add(table, "vit_" + size + "_patch14_dinov2", "lvd142m");
            add(table, "vit_" + size + "_patch14_reg4_dinov2", "lvd142m");
        }
        return Collections.unmodifiableMap(table);
    }

    private static void add(Map<String, PublishedWeights> table, String backbone, String tag) {
        table.put(backbone, new PublishedWeights(backbone, tag, APACHE, null));
    }

    /** {@return all known weights} */
    public static Collection<PublishedWeights> all() {
        return TABLE.values();
    }

    /**
     * Returns the weights of a backbone.
     *
     * @param backbone the backbone's name
     * @return its weights
     * @throws InvalidSettingException if there is no such backbone, or no weights are published for it
     */
    public static PublishedWeights of(String backbone) {
        PublishedWeights weights = TABLE.get(backbone);
        if (weights == null) {
            if (!Backbones.info(backbone).needsWeights()) {
                throw new InvalidSettingException(
                        "backbone",
                        backbone,
                        "a backbone that needs weights",
                        "backbone '" + backbone + "' needs no weights",
                        "train without `weights`");
            }
            throw new InvalidSettingException(
                    "backbone",
                    backbone,
                    "one of " + String.join(", ", TABLE.keySet()),
                    "timm publishes no weights for '" + backbone + "'",
                    "choose another backbone (see `PublishedWeights.all`), or add your own file with"
                            + " `WeightsCache.add`");
        }
        return weights;
    }

    /** {@return the repository on the hub, {@code timm/tf_efficientnet_b6.aa_in1k}} */
    public String repository() {
        return OWNER + "/" + backbone + "." + tag;
    }

    /**
     * Returns the address of the file.
     *
     * @param hub address of the hub or of a mirror
     * @return address of the file
     * @throws InvalidSettingException if that is not an HTTP address
     */
    public URI address(String hub) {
        String text = hub.replaceAll("/+$", "") + "/" + repository() + "/resolve/main/" + FILE;
        try {
            URI address = URI.create(text);
            if (("https".equals(address.getScheme()) || "http".equals(address.getScheme()))
                    && address.getHost() != null) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            throw unusable(hub, "an address (" + e.getMessage() + ")");
        }
        throw unusable(hub, "an HTTP address");
    }

    private static InvalidSettingException unusable(String hub, String what) {
        return new InvalidSettingException(
                "mirror", hub, "an HTTP address", "`mirror` " + hub + " is not " + what, "give one such as " + HUB);
    }
}
