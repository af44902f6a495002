package org.rlr.model.config;

import com.google.gson.annotations.SerializedName;

/** How the blocks of a layer are weighted (RLR §7). */
@SuppressWarnings("exports") // names for Gson
public enum GateMode {
    /** Constants: 2 for cross attention to the reference, 1 for the others. */
    @SerializedName("none")
    NONE,
    /** A learnable table {@code [layers, blocks]}, ones at first. */
    @SerializedName("gate")
    GATE,
    /** Softmax of a small network on mean and maximum of the layer's input; shared by all layers. */
    @SerializedName("net")
    NET;

    /**
     * The mode of that name.
     *
     * @param name {@code none}, {@code gate} or {@code net}
     * @return the mode
     * @throws org.rlr.tensor.InvalidSettingException naming the modes there are
     */
    public static GateMode of(String name) {
        return Constants.of(values(), "gate", name);
    }

    @Override
    public String toString() {
        return Constants.name(this);
    }
}
