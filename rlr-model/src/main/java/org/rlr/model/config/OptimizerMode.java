package org.rlr.model.config;

import com.google.gson.annotations.SerializedName;
import java.util.Locale;
import org.rlr.tensor.RlrException;

/** How the levels' parameters are stepped (RLR §8). */
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
     * @throws RlrException naming the modes there are
     */
    public static OptimizerMode of(String name) {
        for (OptimizerMode mode : values()) {
            if (mode.toString().equals(name)) {
                return mode;
            }
        }
        throw new RlrException("optimizer '" + name + "' does not exist; choose adam or zero-steps with --optimizer");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
