package org.rlr.cuda;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.rlr.cuda.driver.Card;
import org.rlr.cuda.lib.Blas;
import org.rlr.tensor.backend.BackendSettings;

/** The precision of the factors of matrix products and of attention. Memory, sums and all else are always float32. */
enum Precision {
    /** Products in float32. */
    FP32("float32", Blas.Factors.FLOAT32),
    /** Factors rounded to TF32 (ten bits after the point) for the tensor cores. */
    TF32("float32, matrix products in TF32", Blas.Factors.TF32),
    /** Factors rounded to bf16 (seven bits after the point) for the tensor cores. */
    BF16("float32, matrix products in bf16", Blas.Factors.BF16);

    /** Major compute capability of the first cards whose tensor cores take TF32 and bf16: Ampere. */
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

    /** The name in settings. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The precision of the settings; by default TF32, or float32 on a card that has nothing else.
     *
     * @throws org.rlr.tensor.InvalidSettingException if the card does not offer it
     */
    static Precision chosen(Card card, BackendSettings settings) {
        String name = "cuda:" + card.ordinal() + " (" + card.name() + ", compute capability " + card.major() + "."
                + card.minor() + ")";
        Precision usual = TF32.on(card) ? TF32 : FP32;
        String word = settings.choosePrecision(name, of(card), usual.word());
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    private boolean on(Card card) {
        return this == FP32 || card.major() >= TENSOR_CORES;
    }

    /** The names of the precisions that a card offers. */
    static List<String> of(Card card) {
        return Arrays.stream(values())
                .filter(p -> p.on(card))
                .map(Precision::word)
                .toList();
    }

    /** A description for users. */
    @Override
    public String toString() {
        return description;
    }
}
