package org.rlr.model.data;

import java.io.IOException;
import java.util.Arrays;

/** A Huffman table of a JPEG file (ITU-T T.81, annex C and F.2.2.3). */
final class JpegHuffman {
    /** The longest code in the lookup table. */
    static final int LOOKUP = 9;

    private static final int LONGEST = 16;
    private static final int MAX_DC_BITS = 15;

    /** Maps the next {@link #LOOKUP} bits to {@code length << 8 | value}; 0 if the code is longer. */
    final short[] lookup = new short[1 << LOOKUP];

    /** Per length: the largest code, or -1, and the offset from a code to the index of its value. */
    private final int[] largest = new int[LONGEST + 1];

    private final int[] offset = new int[LONGEST + 1];
    private final byte[] values;

    /**
     * Reads a table.
     *
     * @param lengthsAt index of the numbers of codes of 1 to 16 bits
     * @param valuesAt index of their values
     * @param dc whether values are the bit lengths of DC differences
     */
    JpegHuffman(byte[] file, int lengthsAt, int valuesAt, int count, boolean dc) throws IOException {
        values = Arrays.copyOfRange(file, valuesAt, valuesAt + count);
        if (dc) {
            for (byte value : values) {
                if ((value & 0xff) > MAX_DC_BITS) {
                    throw new IOException("a damaged Huffman table");
                }
            }
        }
        int code = 0;
        int index = 0;
        for (int length = 1; length <= LONGEST; length++) {
            int codes = file[lengthsAt + length - 1] & 0xff;
            offset[length] = index - code;
            for (int i = 0; i < codes; i++, code++, index++) {
                if (length <= LOOKUP && code < 1 << length) {
                    int first = code << (LOOKUP - length);
                    Arrays.fill(lookup, first, first + (1 << (LOOKUP - length)), (short)
                            ((length << 8) | (values[index] & 0xff)));
                }
            }
            if (code > 1 << length) {
                throw new IOException("a damaged Huffman table");
            }
            largest[length] = codes == 0 ? -1 : code - 1;
            code <<= 1;
        }
    }

    /** Returns the value of a code longer than {@link #LOOKUP}, as {@code length << 8 | value}; 0 for no code. */
    int longCode(int sixteenBits) {
        for (int length = LOOKUP + 1; length <= LONGEST; length++) {
            int code = sixteenBits >> (LONGEST - length);
            if (code <= largest[length]) {
                return (length << 8) | (values[code + offset[length]] & 0xff);
            }
        }
        return 0;
    }

    /** Returns the tables of Annex K.3 as a DHT segment: DC and AC of luma (0) and of chroma (1). */
    static byte[] standardTables() {
        return java.util.HexFormat.of()
                .parseHex("ffc401a2"
                        + "0000010501010101010100000000000000" + "000102030405060708090a0b"
                        + "0100030101010101010101010000000000" + "000102030405060708090a0b"
                        + "100002010303020403050504040000017d"
                        + "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a"
                        + "3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a929394"
                        + "95969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8"
                        + "e9eaf1f2f3f4f5f6f7f8f9fa"
                        + "1100020102040403040705040400010277"
                        + "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728"
                        + "292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92"
                        + "939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7"
                        + "e8e9eaf2f3f4f5f6f7f8f9fa");
    }
}
