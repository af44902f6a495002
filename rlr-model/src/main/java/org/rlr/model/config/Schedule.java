package org.rlr.model.config;

import com.google.gson.annotations.SerializedName;

/** The learning rate after the warm-up. */
@SuppressWarnings("exports") // names for Gson
public enum Schedule {
    /** It stays constant. */
    @SerializedName("constant")
    CONSTANT,
    /** It follows half a cosine from its value at the end of the warm-up to nearly zero at the last step. */
    @SerializedName("cosine")
    COSINE;

    /**
     * Returns the schedule of a name.
     *
     * @param name {@code constant} or {@code cosine}
     * @return the schedule
     * @throws org.rlr.tensor.InvalidSettingException for an unknown name, listing the known ones
     */
    public static Schedule of(String name) {
        return Constants.of(values(), "schedule", name);
    }

    @Override
    public String toString() {
        return Constants.name(this);
    }
}
