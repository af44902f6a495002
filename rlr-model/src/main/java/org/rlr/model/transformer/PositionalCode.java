package org.rlr.model.transformer;

/** The fixed two-dimensional sine/cosine code of token positions (RLR §4). */
final class PositionalCode {
    private PositionalCode() {}

    /**
     * Returns the code of a grid, repeated {@code repeats} times, {@code [repeats·h·w, d]} row-major. The first half of
     * the channels encodes the column, the second the row; within a half of size {@code d/2}, channel 2m is
     * {@code sin(pos·ω_m)} and 2m+1 {@code cos(pos·ω_m)}, {@code ω_m = 10000^(−2m/(d/2))}.
     */
    static float[] of(int height, int width, int modelWidth, int repeats) {
        int half = modelWidth / 2;
        int tokens = height * width;
        float[] code = new float[repeats * tokens * modelWidth];
        for (int m = 0; 2 * m < half; m++) {
            double omega = Math.pow(10000.0, -2.0 * m / half);
            for (int i = 0; i < height; i++) {
                for (int j = 0; j < width; j++) {
                    int at = (i * width + j) * modelWidth + 2 * m;
                    code[at] = (float) Math.sin(j * omega);
                    code[at + 1] = (float) Math.cos(j * omega);
                    code[at + half] = (float) Math.sin(i * omega);
                    code[at + half + 1] = (float) Math.cos(i * omega);
                }
            }
        }
        for (int r = 1; r < repeats; r++) {
            System.arraycopy(code, 0, code, r * tokens * modelWidth, tokens * modelWidth);
        }
        return code;
    }
}
