package org.rlr.model.demo;

import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A class of the demo data set: draws its products, their normal variation and their defects. */
interface Product {
    /** The class's name. */
    String name();

    /** The kinds of defect, at least three. */
    List<String> defects();

    /**
     * Paints a product over the whole canvas.
     *
     * @param variation random numbers for the differences between normal products; used in the same way for every
     *     defect, so that products with and without a defect are otherwise identical
     * @param defect one of {@link #defects()}, or null for a normal product
     * @param accident random numbers for the defect's place and shape
     */
    void paint(Canvas canvas, SplittableRandom variation, @Nullable String defect, SplittableRandom accident);
}
