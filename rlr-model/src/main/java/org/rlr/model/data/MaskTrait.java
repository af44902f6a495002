package org.rlr.model.data;

/** What a mask was read by, or looks like, that its user should know. */
public enum MaskTrait {
    /** Its picture has one colour and its alpha differs: what is more opaque than the rest is anomalous. */
    ALPHA(
            "is of one colour and was read from its alpha channel",
            "are of one colour and were read from their alpha channel"),
    /** It is a JPEG file, whose edges are blurred: what has at least half of its largest sample is anomalous. */
    JPEG(
            "is a JPEG file, of which pixels count from half of its largest value on",
            "are JPEG files, of which pixels count from half of their largest value on"),
    /** It has more colours than labels do, as one whose edges were blurred: whatever is not black is anomalous. */
    SOFT(
            "has many shades, as one with blurred edges, of which each but black counts",
            "have many shades, as ones with blurred edges, of which each but black counts"),
    /** More than half of its pixels are anomalous, as of a mask that is inverted. */
    MOSTLY_SET(
            "has more than half of its pixels set, as an inverted one would",
            "have more than half of their pixels set, as inverted ones would");

    private final String one;
    private final String many;

    MaskTrait(String one, String many) {
        this.one = one;
        this.many = many;
    }

    /**
     * A sentence without a full stop.
     *
     * @param masks how many have the trait, at least 1
     * @param first the name of the first of them
     * @return as {@code 2 masks are …, first 000_mask.png}
     */
    public String sentence(int masks, String first) {
        return masks == 1 ? "the mask " + first + " " + one : masks + " masks " + many + ", first " + first;
    }
}
