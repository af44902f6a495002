package org.rlr.model.config;

import com.google.gson.annotations.SerializedName;

/** How the levels' parameters are stepped (RLR §8). */
@SuppressWarnings("exports") // names for Gson
public enum OptimizerMode {
    /** Adam: each level by its own gradients. */
    @SerializedName("adam")
    ADAM,
    /**
     * As the PyTorch implementation does with the version that it pins: one Adam of all levels, stepped once per level;
     * a level that is not the step's own is stepped by a gradient of zero, from its own first step on.
     */
    @SerializedName("zero-steps")
    ZERO_STEPS;

    /**
     * The mode of that name.
     *
     * @param name {@code adam} or {@code zero-steps}
     * @return the mode
     * @throws org.rlr.tensor.InvalidSettingException naming the modes there are
     */
    public static OptimizerMode of(String name) {
        return Constants.of(values(), "optimizer", name);
    }

    @Override
    public String toString() {
        return Constants.name(this);
    }
}
