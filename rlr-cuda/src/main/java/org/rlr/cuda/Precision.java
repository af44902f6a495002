package org.rlr.cuda;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.rlr.cuda.driver.Card;
import org.rlr.cuda.lib.Blas;
import org.rlr.tensor.InvalidSettingException;

/**
 * How exactly the factors of matrix products and of attention are taken; what is kept in memory, sums and all else are
 * float32 always.
 */
enum Precision {
    /** Products in float32. */
    FP32("float32", Blas.Factors.FLOAT32),
    /** Factors rounded to TF32 (ten bits after the point) for the tensor cores. */
    TF32("float32, matrix products in TF32", Blas.Factors.TF32),
    /** Factors rounded to bf16 (seven bits after the point) for the tensor cores. */
    BF16("float32, matrix products in bf16", Blas.Factors.BF16);

    /** The system property that chooses. */
    static final String PROPERTY = "rlr.cuda.precision";
    /** Compute capability, before the point, of the first cards whose tensor cores take TF32 and bf16: Ampere. */
    private static final int TENSOR_CORES = 8;

    private final String description;
    private final Blas.Factors factors;

    Precision(String description, Blas.Factors factors) {
        this.description = description;
        this.factors = factors;
    }

    Blas.Factors factors() {
        return factors;
    }

    /** As a user writes it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * What the property asks for; where it asks for nothing, TF32, or float32 on a card that has nothing else.
     *
     * @throws InvalidSettingException if there is no such precision, or the card does not have it
     */
    static Precision chosen(Card card) {
        String wish = System.getProperty(PROPERTY);
        if (wish == null) {
            return TF32.on(card) ? TF32 : FP32;
        }
        for (Precision p : values()) {
            if (p.word().equals(wish)) {
                if (!p.on(card)) {
                    throw new InvalidSettingException(
                            "precision",
                            wish,
                            "fp32",
                            "`precision` " + wish + " needs compute capability " + TENSOR_CORES + ".0, the card "
                                    + card.name() + " has " + card.major() + "." + card.minor(),
                            "use fp32");
                }
                return p;
            }
        }
        throw new InvalidSettingException("precision", wish, "fp32, tf32 or bf16");
    }

    private boolean on(Card card) {
        return this == FP32 || card.major() >= TENSOR_CORES;
    }

    /** What a card can do, as in "fp32 tf32 bf16". */
    static String of(Card card) {
        return Arrays.stream(values())
                .filter(p -> p.on(card))
                .map(Precision::word)
                .collect(Collectors.joining(" "));
    }

    /** For a user. */
    @Override
    public String toString() {
        return description;
    }
}
