package org.rlr.model.decoder;

import java.util.Arrays;
import org.rlr.tensor.nn.ParameterSet;

/**
 * A state dict as files hold it, convolutions {@code [out, in, k, k]}, seen as the network holds it, {@code [out, k, k,
 * in]}.
 */
record ChannelsFirst(ParameterSet.Source file) implements ParameterSet.Source {
    private static final int CONVOLUTION = 4;

    @Override
    public int[] shape(String name) {
        int[] s = file.shape(name);
        return s == null || s.length != CONVOLUTION ? s : new int[] {s[0], s[2], s[3], s[1]};
    }

    @Override
    public float[] values(String name) {
        int[] s = file.shape(name);
        float[] v = file.values(name);
        return s.length == CONVOLUTION ? swapped(v, s[0], s[1], s[2] * s[3]) : v;
    }

    /** The extents that a file gives to one of the network's tensors. */
    static long[] fileShape(int[] s) {
        return s.length == CONVOLUTION
                ? new long[] {s[0], s[3], s[1], s[2]}
                : Arrays.stream(s).asLongStream().toArray();
    }

    /** The values of one of the network's tensors in the file's order. */
    static float[] fileValues(int[] s, float[] values) {
        return s.length == CONVOLUTION ? swapped(values, s[0], s[1] * s[2], s[3]) : values;
    }

    /** {@code [n, rows, columns]} as {@code [n, columns, rows]}. */
    private static float[] swapped(float[] v, int n, int rows, int columns) {
        float[] result = new float[v.length];
        for (int i = 0; i < n; i++) {
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    result[(i * columns + c) * rows + r] = v[(i * rows + r) * columns + c];
                }
            }
        }
        return result;
    }
}
