package org.rlr.tensor.golden;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.zip.CRC32;

/**
 * Tensors with values derived from their names, so that golden files of large networks need no weights. Element
 * {@code i} (row-major) of the tensor {@code name} is {@code u = (splitmix64(((crc32(name) + seed) << 32) + i) >>> 40)
 * / 2^23 - 1}, uniform in [-1, 1), scaled by the kind of parameter, which follows from the name.
 */
public final class HashedTensors {
    private static final Set<String> INPUTS = Set.of("input", "f0", "f1", "target");
    private static final Set<String> TOKENS = Set.of("cls_token", "reg_token", "pos_embed");

    private HashedTensors() {}

    /**
     * Returns a tensor's values by the rule for its name: inputs ({@code input f0 f1 target}) are {@link #uniform
     * uniform}, all others are {@link #parameter parameters}.
     */
    public static float[] values(String name, long seed, long... shape) {
        return INPUTS.contains(name) ? uniform(name, seed, shape) : parameter(name, seed, shape);
    }

    /** Values uniform in [-1, 1). */
    public static float[] uniform(String name, long seed, long... shape) {
        return mapped(name, seed, shape, u -> u);
    }

    /**
     * Returns the values of a parameter or buffer by its name in the full model's state dict: {@code running_var} 1 +
     * u/2, {@code running_mean} u/10, {@code cls_token reg_token pos_embed} u/5, {@code gamma} 1/2 + u/5, two or more
     * dimensions u·√(6 / elements per output channel), other {@code weight} 1 + u/5, anything else u/10.
     */
    public static float[] parameter(String name, long seed, long... shape) {
        String last = name.substring(name.lastIndexOf('.') + 1);
        if (last.equals("running_var")) {
            return mapped(name, seed, shape, u -> 1 + u / 2);
        }
        if (last.equals("running_mean")) {
            return mapped(name, seed, shape, u -> u / 10);
        }
        if (TOKENS.contains(last)) {
            return mapped(name, seed, shape, u -> u / 5);
        }
        if (last.equals("gamma")) {
            return mapped(name, seed, shape, u -> 0.5 + u / 5);
        }
        if (shape.length >= 2) {
            double bound = Math.sqrt(6.0 / (count(shape) / (double) shape[0]));
            return mapped(name, seed, shape, u -> u * bound);
        }
        return mapped(name, seed, shape, last.equals("weight") ? u -> 1 + u / 5 : u -> u / 10);
    }

    private static float[] mapped(String name, long seed, long[] shape, DoubleUnaryOperator rule) {
        CRC32 crc = new CRC32();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        long base = crc.getValue() + seed << 32;
        float[] values = new float[count(shape)];
        for (int i = 0; i < values.length; i++) {
            double u = (splitMix(base + i) >>> 40) / 0x1p23 - 1;
            values[i] = (float) rule.applyAsDouble(u);
        }
        return values;
    }

    private static long splitMix(long z) {
        z += 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    private static int count(long[] shape) {
        long count = 1;
        for (long length : shape) {
            count = Math.multiplyExact(count, length);
        }
        return Math.toIntExact(count);
    }
}
