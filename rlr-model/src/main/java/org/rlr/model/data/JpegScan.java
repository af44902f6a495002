package org.rlr.model.data;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Walks the codes of one scan of a JPEG file: all must be present and defined, and end where the data ends. */
final class JpegScan {
    private static final int LAST = JpegComponent.COEFFICIENTS - 1;
    private static final int FIRST_RESTART = 0xd0;
    /** Bits of a coefficient of 8-bit samples, and of the difference of two means. */
    private static final int MAX_AC_BITS = 10;

    private static final int MAX_DC_BITS = 11;
    /** Eight times the range of samples around their middle; some encoders exceed it by 31 (overshoot at edges). */
    private static final int MAX_DC = 8 * (128 + 31);

    private final byte[] file;
    private final JpegComponent[] components;
    private final int first;
    private final int last;
    private final boolean refines;
    private final boolean progressive;
    private int at;
    /** Bits read but not used yet, in the low {@code count} bits. */
    private long bits;

    private int count;
    /** The number of zero bits added after the end of the data. */
    private int missing;
    /** The number of following blocks without more coefficients. */
    private int emptyBlocks;

    /** The lowest bit that this scan transmits. */
    private final int low;

    /**
     * Creates a scan.
     *
     * @param components with the tables they need
     * @param from index of its first code
     * @param first the first coefficient
     * @param last the last coefficient
     * @param refines whether it adds one bit to coefficients
     * @param low the lowest bit that it transmits
     */
    JpegScan(
            byte[] file,
            JpegComponent[] components,
            int from,
            boolean progressive,
            int first,
            int last,
            boolean refines,
            int low) {
        this.file = file;
        this.components = components;
        this.at = from;
        this.progressive = progressive;
        this.first = first;
        this.last = last;
        this.refines = refines;
        this.low = low;
    }

    /**
     * Walks the scan.
     *
     * @param unitsAcross units of all components in a row
     * @param unitsDown rows of units
     * @param restartInterval units between restart markers; 0 for none
     * @return the index after its last code
     * @throws IOException if a code is missing or invalid
     */
    int walk(int unitsAcross, int unitsDown, int restartInterval) throws IOException {
        JpegComponent alone = components.length == 1 ? components[0] : null;
        int across = alone == null ? unitsAcross : alone.blocksAcross;
        int down = alone == null ? unitsDown : alone.blocksDown;
        int untilRestart = restartInterval;
        int restarts = 0;
        forgetDc();
        for (int y = 0; y < down; y++) {
            for (int x = 0; x < across; x++) {
                if (restartInterval > 0 && untilRestart-- == 0) {
                    restart(restarts++ & 7);
                    untilRestart = restartInterval - 1;
                }
                if (alone != null) {
                    block(alone, y * alone.stride + x);
                } else {
                    unit(x, y);
                }
                if (missing > count) {
                    throw new IOException("the data of " + (restartInterval > 0 ? "a restart interval" : "a scan")
                            + " ends early, at pixel row " + rowOf(y, alone));
                }
            }
        }
        end();
        return at;
    }

    private int rowOf(int y, @Nullable JpegComponent alone) {
        int blocks = 1;
        for (JpegComponent c : components) {
            blocks = Math.max(blocks, c.down);
        }
        return 8 * y * (alone == null ? blocks : 1);
    }

    private void unit(int x, int y) throws IOException {
        for (JpegComponent c : components) {
            for (int j = 0; j < c.down; j++) {
                for (int i = 0; i < c.across; i++) {
                    block(c, (y * c.down + j) * c.stride + x * c.across + i);
                }
            }
        }
    }

    private void block(JpegComponent c, int block) throws IOException {
        if (!progressive) {
            dc(c);
            sequential(c.ac);
        } else if (first == 0) {
            if (refines) {
                skip(1);
            } else {
                dc(c);
            }
        } else if (refines) {
            refine(c, block);
        } else {
            begin(c, block);
        }
    }

    /** Reads a block's mean; a mean beyond the range of samples reveals wrong codes before it. */
    private void dc(JpegComponent c) throws IOException {
        int size = symbol(c.dc);
        if (size > MAX_DC_BITS) {
            throw new IOException("a coefficient of " + size + " bits");
        }
        int difference = read(size);
        c.dcSum += size > 0 && difference < 1 << (size - 1) ? difference - (1 << size) + 1 : difference;
        long mean = ((long) c.dcSum << low) * c.dcStep;
        if (Math.abs(mean) > MAX_DC + c.dcStep) {
            throw new IOException("the mean of a block is beyond the range of its samples");
        }
    }

    private void forgetDc() {
        for (JpegComponent c : components) {
            c.dcSum = 0;
        }
    }

    private void sequential(@Nullable JpegHuffman table) throws IOException {
        for (int k = 1; k <= LAST; k++) {
            int value = symbol(table);
            int size = value & 0xf;
            if (size != 0) {
                k += value >> 4;
                if (k > LAST || size > MAX_AC_BITS) {
                    throw beyond();
                }
                skip(size);
            } else if (value == 0xf0) {
                k += 15;
            } else {
                return;
            }
        }
    }

    /** Reads the first bits of a block's coefficients. */
    private void begin(JpegComponent c, int block) throws IOException {
        if (emptyBlocks > 0) {
            emptyBlocks--;
            return;
        }
        long set = c.nonZero[block];
        for (int k = first; k <= last; k++) {
            int value = symbol(c.ac);
            int run = value >> 4;
            int size = value & 0xf;
            if (size != 0) {
                k += run;
                if (k > LAST || size > MAX_AC_BITS) {
                    throw beyond();
                }
                skip(size);
                set |= 1L << k;
            } else if (run == 15) {
                k += 15;
            } else {
                emptyBlocks = (1 << run) - 1 + read(run);
                break;
            }
        }
        c.nonZero[block] = set;
    }

    /** Reads one more bit of a block's coefficients, and the first bit of new ones (T.81, G.1.2.3). */
    private void refine(JpegComponent c, int block) throws IOException {
        long set = c.nonZero[block];
        int k = first;
        if (emptyBlocks == 0) {
            for (; k <= last; k++) {
                int value = symbol(c.ac);
                int run = value >> 4;
                int size = value & 0xf;
                if (size > 1) {
                    throw new IOException("a coefficient grows by more than a bit");
                }
                if (size == 0 && run != 15) {
                    emptyBlocks = (1 << run) + read(run);
                    break;
                }
                skip(size);
                while (k <= last) {
                    if (((c.nonZero[block] >>> k) & 1) != 0) {
                        skip(1);
                    } else if (--run < 0) {
                        break;
                    }
                    k++;
                }
                if (size != 0) {
                    if (k > last) {
                        throw beyond();
                    }
                    set |= 1L << k;
                }
            }
        }
        if (emptyBlocks > 0) {
            if (k <= last) {
                skip(Long.bitCount((c.nonZero[block] >>> k) & (-1L >>> (LAST - (last - k)))));
            }
            emptyBlocks--;
        }
        c.nonZero[block] = set;
    }

    private static IOException beyond() {
        return new IOException("a block has more than 64 coefficients, or larger ones than samples have");
    }

    private int symbol(@Nullable JpegHuffman table) throws IOException {
        if (table == null) {
            throw new IllegalStateException("a scan without its table");
        }
        fill();
        int next = (int) (bits >>> (count - 16)) & 0xffff;
        int entry = table.lookup[next >> (16 - JpegHuffman.LOOKUP)];
        if (entry == 0) {
            entry = table.longCode(next);
            if (entry == 0) {
                throw new IOException("a code that is not defined");
            }
        }
        count -= entry >> 8;
        return entry & 0xff;
    }

    private int read(int number) {
        fill();
        count -= number;
        return (int) (bits >>> count) & ((1 << number) - 1);
    }

    private void skip(int number) {
        int left = number;
        while (left > 16) {
            fill();
            count -= 16;
            left -= 16;
        }
        fill();
        count -= left;
    }

    /** Reads ahead until 16 bits or more are available; after the data's end it adds and counts zero bits. */
    private void fill() {
        while (count < 32) {
            int value = 0;
            if (at < file.length && file[at] != (byte) 0xff) {
                value = file[at++] & 0xff;
            } else {
                int next = at;
                while (next < file.length && file[next] == (byte) 0xff) {
                    next++;
                }
                if (next < file.length && file[next] == 0) {
                    at = next + 1;
                    value = 0xff;
                } else {
                    missing += 8;
                }
            }
            bits = (bits << 8) | value;
            count += 8;
        }
    }

    /** Returns whole bytes that were read ahead and drops the remaining bits of the last byte. */
    private void align() {
        int ahead = (count - missing) / 8;
        for (; ahead > 0; ahead--) {
            at -= at >= 2 && file[at - 1] == 0 && file[at - 2] == (byte) 0xff ? 2 : 1;
        }
        bits = 0;
        count = 0;
        missing = 0;
        emptyBlocks = 0;
    }

    /** Ends at a whole byte; a run of empty blocks must end too. */
    private void end() throws IOException {
        if (emptyBlocks > 0) {
            throw new IOException("a run of empty blocks is " + emptyBlocks + " blocks too long");
        }
        align();
        forgetDc();
    }

    private void restart(int expected) throws IOException {
        end();
        int next = at;
        while (next < file.length && file[next] == (byte) 0xff) {
            next++;
        }
        if (next == at || next >= file.length || (file[next] & 0xff) != FIRST_RESTART + expected) {
            throw new IOException("restart marker " + expected + " is missing or misplaced");
        }
        at = next + 1;
    }
}
