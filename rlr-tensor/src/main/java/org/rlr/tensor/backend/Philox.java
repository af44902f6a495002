package org.rlr.tensor.backend;

/**
 * Philox-4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): random numbers as a pure function
 * of seed, stream and index, independent of threads and equal on CPU and GPU.
 *
 * <p>Block {@code b} of stream {@code s} is the cipher of the counter {@code (b low, b high, s low, s high)} under the
 * key {@code (seed low, seed high)}: four words. Number {@code i} of a stream comes from block {@code i/4}, word
 * {@code i%4}. A uniform number is {@code ((word >>> 9) + ½)·2⁻²³}, in the open interval (0, 1). Normal numbers come in
 * pairs by Box and Muller from the uniform numbers {@code (u₀, u₁)} of words 0, 1 and of words 2, 3: {@code √(−2 ln
 * u₀)·cos 2πu₁} and {@code …·sin 2πu₁}.
 */
public final class Philox {
    private static final int M0 = 0xD2511F53;
    private static final int M1 = 0xCD9E8D57;
    private static final int W0 = 0x9E3779B9;
    private static final int W1 = 0xBB67AE85;

    private Philox() {}

    /**
     * Writes the four words of a block to {@code out[0…3]}.
     *
     * @param seed the key
     * @param stream number of the stream
     * @param block number of the block, from 0
     * @param out at least four words
     */
    public static void block(long seed, long stream, long block, int[] out) {
        int c0 = (int) block;
        int c1 = (int) (block >>> 32);
        int c2 = (int) stream;
        int c3 = (int) (stream >>> 32);
        int k0 = (int) seed;
        int k1 = (int) (seed >>> 32);
        for (int round = 0; round < 10; round++) {
            long p0 = (M0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
            long p1 = (M1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
            c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            c1 = (int) p1;
            c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c3 = (int) p0;
            k0 += W0;
            k1 += W1;
        }
        out[0] = c0;
        out[1] = c1;
        out[2] = c2;
        out[3] = c3;
    }

    /**
     * Converts a word to a uniform number in the open interval (0, 1).
     *
     * @param word a word of a block
     * @return the number
     */
    public static float uniform(int word) {
        return ((word >>> 9) + 0.5f) * 0x1p-23f;
    }

    /**
     * Writes the four normal numbers of a block to {@code out[0…3]}; {@code words} is scratch space.
     *
     * @param seed the key
     * @param stream number of the stream
     * @param block number of the block, from 0
     * @param words at least four words
     * @param out at least four numbers
     */
    public static void normalBlock(long seed, long stream, long block, int[] words, float[] out) {
        block(seed, stream, block, words);
        for (int i = 0; i < 4; i += 2) {
            double radius = Math.sqrt(-2.0 * Math.log(uniform(words[i])));
            double angle = 2.0 * Math.PI * uniform(words[i + 1]);
            out[i] = (float) (radius * Math.cos(angle));
            out[i + 1] = (float) (radius * Math.sin(angle));
        }
    }

    /**
     * Returns the first {@code count} uniform numbers of a stream.
     *
     * @param seed the key
     * @param stream number of the stream
     * @param count at least 0
     * @return the numbers
     */
    public static float[] uniforms(long seed, long stream, int count) {
        float[] result = new float[count];
        int[] words = new int[4];
        for (int i = 0; i < count; i++) {
            if (i % 4 == 0) {
                block(seed, stream, i / 4, words);
            }
            result[i] = uniform(words[i % 4]);
        }
        return result;
    }
}
