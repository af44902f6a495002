package org.rlr.model.data;

/** A property of a mask file, or of the way it was read, that its user should know. */
public enum MaskTrait {
    /** It has one colour and a varying alpha channel: pixels more opaque than the rest are anomalous. */
    ALPHA(
            "is of one colour and was read from its alpha channel",
            "are of one colour and were read from their alpha channel"),
    /** It is a JPEG file, with blurred edges: pixels of at least half its largest sample are anomalous. */
    JPEG(
            "is a JPEG file; pixels of at least half its largest value count",
            "are JPEG files; pixels of at least half their largest value count"),
    /** It has too many colours for labels, perhaps from blurred edges: every pixel that is not black is anomalous. */
    SOFT(
            "has many shades, perhaps from blurred edges; all but black count",
            "have many shades, perhaps from blurred edges; all but black count"),
    /** More than half of its pixels are anomalous: it may be inverted. */
    MOSTLY_SET(
            "has more than half of its pixels set and may be inverted",
            "have more than half of their pixels set and may be inverted");

    private final String one;
    private final String many;

    MaskTrait(String one, String many) {
        this.one = one;
        this.many = many;
    }

    /**
     * Returns a sentence without a full stop.
     *
     * @param masks the number of masks with the trait, at least 1
     * @param first the name of the first of them
     * @return for example {@code 2 masks are …, first 000_mask.png}
     */
    public String sentence(int masks, String first) {
        return masks == 1 ? "the mask " + first + " " + one : masks + " masks " + many + ", first " + first;
    }
}
