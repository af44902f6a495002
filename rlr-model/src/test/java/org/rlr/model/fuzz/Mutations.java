package org.rlr.model.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Generates changed files: the same seed gives the same files. */
final class Mutations {
    private static final int MOST_CHANGES = 4;
    private static final long[] NUMBERS = {
        0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffffL, 0x80000000L, 1L << 62
    };
    private static final List<String> TOKENS = List.of(
            "null",
            "true",
            "-1",
            "0",
            "1e400",
            "NaN",
            "2147483647",
            "-2147483648",
            "9223372036854775807",
            "0.5",
            "{}",
            "[]",
            "\"\"",
            "\"\\u0000\"",
            "[[[[",
            "\"..\"",
            "\"/\"",
            ",",
            ":",
            "\"",
            "\n",
            "\u00fc",
            "\t");

    private final SplittableRandom random;
    private final List<byte[]> sound;

    Mutations(List<byte[]> sound, long seed) {
        this.sound = sound;
        random = new SplittableRandom(seed);
    }

    /** Returns the next file: one to four changes of a valid one. */
    byte[] next() {
        byte[] file = any().clone();
        for (int changes = 1 + random.nextInt(MOST_CHANGES); changes > 0; changes--) {
            file = changed(file);
        }
        return file;
    }

    private byte[] any() {
        return sound.get(random.nextInt(sound.size()));
    }

    private byte[] changed(byte[] file) {
        if (file.length == 0) {
            return any().clone();
        }
        int at = place(file.length);
        int length = Math.min(file.length - at, 1 + random.nextInt(random.nextInt(4) == 0 ? 512 : 8));
        switch (random.nextInt(10)) {
            case 0 -> file[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> file[at] = (byte) random.nextInt(256);
            case 2 -> number(file, at);
            case 3 -> Arrays.fill(file, at, at + length, (byte) (random.nextBoolean() ? 0 : 0xff));
            case 4 -> {
                return replaced(file, at, 0, Arrays.copyOfRange(file, at, at + length)); // doubled
            }
            case 5 -> {
                return replaced(file, at, length, new byte[0]);
            }
            case 6 -> {
                byte[] noise = new byte[length];
                for (int i = 0; i < length; i++) {
                    noise[i] = (byte) random.nextInt(256);
                }
                return replaced(file, at, random.nextBoolean() ? length : 0, noise);
            }
            case 7 -> {
                byte[] other = any();
                int from = place(other.length);
                byte[] part = Arrays.copyOfRange(other, from, Math.min(other.length, from + length));
                return replaced(file, at, random.nextBoolean() ? length : 0, part);
            }
            case 8 -> {
                return random.nextInt(4) == 0 ? Arrays.copyOf(file, at) : token(file, at);
            }
            default -> {
                return token(file, at);
            }
        }
        return file;
    }

    /** Returns any position, more often near the beginning and the end, at headers. */
    private int place(int length) {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextInt(Math.min(length, 64));
            case 1, 2 -> random.nextInt(Math.min(length, 1024));
            case 3 -> length - 1 - random.nextInt(Math.min(length, 64));
            default -> random.nextInt(length);
        };
    }

    private void number(byte[] file, int at) {
        long value = NUMBERS[random.nextInt(NUMBERS.length)];
        int bytes = Math.min(1 << random.nextInt(4), file.length - at);
        boolean little = random.nextBoolean();
        for (int i = 0; i < bytes; i++) {
            file[at + i] = (byte) (value >>> 8 * (little ? i : bytes - 1 - i));
        }
    }

    /** Replaces a word of text, as in JSON and lists, by another. */
    private byte[] token(byte[] file, int at) {
        int start = at;
        while (start > 0 && word(file[start - 1])) {
            start--;
        }
        int end = at;
        while (end < file.length && word(file[end])) {
            end++;
        }
        byte[] token = TOKENS.get(random.nextInt(TOKENS.size())).getBytes(StandardCharsets.UTF_8);
        return replaced(file, start, end - start, token);
    }

    private static boolean word(byte c) {
        return c > ' ' && "{}[]:,".indexOf(c) < 0;
    }

    private static byte[] replaced(byte[] file, int at, int length, byte[] by) {
        byte[] result = Arrays.copyOf(file, file.length - length + by.length);
        System.arraycopy(by, 0, result, at, by.length);
        System.arraycopy(file, at + length, result, at + by.length, file.length - at - length);
        return result;
    }
}
