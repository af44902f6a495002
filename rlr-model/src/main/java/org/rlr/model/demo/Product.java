package org.rlr.model.demo;

import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A class of the demo data set: how its products look, how they vary, and what goes wrong with them. */
interface Product {
    /** The class's name. */
    String name();

    /** The kinds of defect, at least three. */
    List<String> defects();

    /**
     * Paints a product over the whole canvas.
     *
     * @param variation draws what differs between normal products; always used in the same way, whatever the defect, so
     *     that a product with and one without a defect are otherwise the same
     * @param defect one of {@link #defects()}, or null for a normal product
     * @param accident draws the defect's place and form
     */
    void paint(Canvas canvas, SplittableRandom variation, @Nullable String defect, SplittableRandom accident);
}
