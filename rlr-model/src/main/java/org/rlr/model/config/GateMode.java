package org.rlr.model.config;

import com.google.gson.annotations.SerializedName;

/** Weighting of the blocks of a layer (RLR §7). */
@SuppressWarnings("exports") // names for Gson
public enum GateMode {
    /** Constant weights: 2 for cross attention to the reference, 1 for the others. */
    @SerializedName("none")
    NONE,
    /** A learnable table {@code [layers, blocks]}, initially ones. */
    @SerializedName("gate")
    GATE,
    /** Softmax of a small network on mean and maximum of the layer's input; the network is shared by all layers. */
    @SerializedName("net")
    NET;

    /**
     * Returns the mode of a name.
     *
     * @param name {@code none}, {@code gate} or {@code net}
     * @return the mode
     * @throws org.rlr.tensor.InvalidSettingException for an unknown name, listing the known ones
     */
    public static GateMode of(String name) {
        return Constants.of(values(), "gate", name);
    }

    @Override
    public String toString() {
        return Constants.name(this);
    }
}
