package org.rlr.model.config;

import com.google.gson.annotations.SerializedName;

/** How the learning rate goes on after the warm-up. */
@SuppressWarnings("exports") // names for Gson
public enum Schedule {
    /** It stays. */
    @SerializedName("constant")
    CONSTANT,
    /** Half a cosine, from the learning rate at the end of the warm-up to nearly zero at the last step. */
    @SerializedName("cosine")
    COSINE;

    /**
     * The schedule of that name.
     *
     * @param name {@code constant} or {@code cosine}
     * @return the schedule
     * @throws org.rlr.tensor.InvalidSettingException naming those there are
     */
    public static Schedule of(String name) {
        return Constants.of(values(), "schedule", name);
    }

    @Override
    public String toString() {
        return Constants.name(this);
    }
}
