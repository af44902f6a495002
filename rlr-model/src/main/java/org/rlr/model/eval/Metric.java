package org.rlr.model.eval;

import java.util.Locale;

/** The metrics of published tables, in their order. All are fractions between 0 and 1; higher is better. */
public enum Metric {
    /** Area under the ROC curve of the image scores. */
    IMAGE_AUROC("image AUROC"),
    /** Average precision of the image scores. */
    IMAGE_AP("AP"),
    /** Greatest F1 over all thresholds of the image score. */
    IMAGE_F1MAX("F1-max"),
    /** Area under the ROC curve of all pixels. */
    PIXEL_AUROC("pixel AUROC"),
    /** Average precision of all pixels. */
    PIXEL_AP("AP"),
    /** Greatest F1 over all thresholds of the pixels. */
    PIXEL_F1MAX("F1-max"),
    /** Area under the per-region overlap up to a false-positive rate of 0.3. */
    AUPRO("AUPRO");

    private final String title;

    Metric(String title) {
        this.title = title;
    }

    /** {@return its name in JSON, for example {@code image_auroc}} */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return the title of its column in a table, whose columns have the order of this enum} */
    public String title() {
        return title;
    }
}
