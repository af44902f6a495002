package org.rlr.tensor;

/**
 * Where a backend computes.
 *
 * @param type {@code "cpu"} or {@code "cuda"}
 * @param index 0 for the CPU, the ordinal of the card for CUDA
 */
public record Device(String type, int index) {
    /** The host's processor. */
    public static final Device CPU = new Device("cpu", 0);

    @Override
    public String toString() {
        return type.equals("cpu") ? type : type + ":" + index;
    }
}
