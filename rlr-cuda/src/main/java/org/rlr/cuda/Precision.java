package org.rlr.cuda;

import java.util.Locale;
import org.rlr.tensor.RlrException;

/** How exactly matrix products are computed; all else is float32 always. */
enum Precision {
    /** Products and sums in float32. */
    FP32("float32"),
    /** Factors rounded to TF32 (ten bits after the point) for the tensor cores, sums in float32. */
    TF32("float32, matrix products in TF32");

    /** The system property that chooses. */
    static final String PROPERTY = "rlr.cuda.precision";

    private final String description;

    Precision(String description) {
        this.description = description;
    }

    /** What the property asks for, float32 where it asks for nothing. @throws RlrException if there is no such precision */
    static Precision chosen() {
        String wish = System.getProperty(PROPERTY, "fp32");
        for (Precision p : values()) {
            if (p.name().toLowerCase(Locale.ROOT).equals(wish)) {
                return p;
            }
        }
        throw new RlrException("system property " + PROPERTY + " is '" + wish + "'; it may be fp32 or tf32");
    }

    /** For a user. */
    @Override
    public String toString() {
        return description;
    }
}
