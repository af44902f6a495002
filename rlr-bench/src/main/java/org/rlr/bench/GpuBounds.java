package org.rlr.bench;

import java.util.Map;

/**
 * The lower bound and the target of attention with 16 images and 8 heads in bfloat16 on an H200, in microseconds. The
 * bound is the largest of bytes at 4.3 TB/s, arithmetic at 790 TFLOP/s and exponentials at 3.9 T/s. Target speedups are
 * relative to PyTorch's scaled_dot_product_attention with an additive mask, and to FlexAttention.
 *
 * @param bound the lower bound; NaN for none
 * @param target the target time
 * @param overSdpa the target speedup over scaled_dot_product_attention
 * @param overFlex the target speedup over FlexAttention
 */
record GpuBounds(double bound, double target, double overSdpa, double overFlex) {
    private static final double NONE = Double.NaN;
    private static final GpuBounds UNKNOWN = new GpuBounds(NONE, NONE, NONE, NONE);
    private static final Map<String, GpuBounds> OF = Map.ofEntries(
            Map.entry("A 32x32/256/7 forward", new GpuBounds(4.3, 8, 14, 4)),
                    Map.entry("A 32x32/256/7 backward", new GpuBounds(8.7, 25, NONE, NONE)),
            Map.entry("A 16x16/512/5 forward", new GpuBounds(2.1, 5, 3, 4)),
                    Map.entry("A 16x16/512/5 backward", new GpuBounds(4.3, 12, NONE, NONE)),
            Map.entry("A 64x64/128/11 forward", new GpuBounds(15, 25, 40, 4)),
                    Map.entry("A 64x64/128/11 backward", new GpuBounds(18, 110, NONE, NONE)),
            Map.entry("B 32x32/256/7 forward", new GpuBounds(33, 65, 1.8, 1.2)),
                    Map.entry("B 32x32/256/7 backward", new GpuBounds(52, 200, NONE, NONE)),
            Map.entry("B 16x16/512/5 forward", new GpuBounds(3.0, 8, 1.8, 1.2)),
                    Map.entry("B 16x16/512/5 backward", new GpuBounds(6.2, 25, NONE, NONE)),
            Map.entry("B 64x64/128/11 forward", new GpuBounds(541, 900, 1.8, 1.2)),
                    Map.entry("B 64x64/128/11 backward", new GpuBounds(541, 2000, NONE, NONE)));

    static GpuBounds of(String row) {
        return OF.getOrDefault(row, UNKNOWN);
    }
}
