package org.rlr.model.config;

import com.google.gson.annotations.SerializedName;

/** How the optimizer updates the parameters of the levels (RLR §8). */
@SuppressWarnings("exports") // names for Gson
public enum OptimizerMode {
    /** Adam: each level with its own gradients. */
    @SerializedName("adam")
    ADAM,
    /**
     * As in the PyTorch implementation with its pinned version: one Adam for all levels, stepped once per level; from
     * its own first step on, a level is also updated with zero gradients in the steps of the other levels.
     */
    @SerializedName("zero-steps")
    ZERO_STEPS;

    /**
     * Returns the mode of a name.
     *
     * @param name {@code adam} or {@code zero-steps}
     * @return the mode
     * @throws org.rlr.tensor.InvalidSettingException for an unknown name, listing the known ones
     */
    public static OptimizerMode of(String name) {
        return Constants.of(values(), "optimizer", name);
    }

    @Override
    public String toString() {
        return Constants.name(this);
    }
}
