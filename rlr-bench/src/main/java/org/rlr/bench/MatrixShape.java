package org.rlr.bench;

/** A matrix product, written {@code NT/rows/columns/depth}: N or T (transposed) for each operand. */
record MatrixShape(boolean transA, boolean transB, int rows, int columns, int depth) {

    /** @throws IllegalArgumentException if the text is not such a shape */
    static MatrixShape parse(String text) {
        if (!text.matches("([NT]N|NT)(/\\d+){3}")) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a matrix product; write for example NT/8192/256/72");
        }
        String[] p = text.split("/", -1);
        return new MatrixShape(
                p[0].charAt(0) == 'T',
                p[0].charAt(1) == 'T',
                Integer.parseInt(p[1]),
                Integer.parseInt(p[2]),
                Integer.parseInt(p[3]));
    }

    /** The number of additions and multiplications. */
    double flops() {
        return 2.0 * rows * columns * depth;
    }
}
