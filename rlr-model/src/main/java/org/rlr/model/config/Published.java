package org.rlr.model.config;

import java.util.List;

/** The published values of settings that a model and its levels share (RLR §4 to §8). */
final class Published {
    static final int HEADS = 8;
    static final int LAYERS = 4;
    static final List<String> BLOCKS = List.of("mca", "nsa");
    static final GateMode GATE = GateMode.NONE;
    static final int REF_LEN = 1;

    private Published() {}
}
