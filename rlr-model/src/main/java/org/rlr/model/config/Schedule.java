package org.rlr.model.config;

import com.google.gson.annotations.SerializedName;
import java.util.Locale;
import org.rlr.tensor.RlrException;

/** How the learning rate goes on after the warm-up. */
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
     * @throws RlrException naming those there are
     */
    public static Schedule of(String name) {
        for (Schedule schedule : values()) {
            if (schedule.toString().equals(name)) {
                return schedule;
            }
        }
        throw new RlrException("schedule '" + name + "' does not exist; choose constant or cosine with --schedule");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
