package org.rlr.tensor;

/**
 * The device that a backend computes on.
 *
 * @param type {@code "cpu"} or {@code "cuda"}
 * @param index 0 for the CPU, the device ordinal for CUDA
 */
public record Device(String type, int index) {
    /** The host's processor. */
    public static final Device CPU = new Device("cpu", 0);

    @Override
    public String toString() {
        return type.equals("cpu") ? type : type + ":" + index;
    }
}
