package org.rlr.model.data;

import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The tables defined so far in a JPEG file. */
final class JpegTables {
    /** The number of Huffman tables of each kind in the standard itself. */
    static final int STANDARD = 2;

    private static final int COUNT = 4;

    private final @Nullable JpegHuffman[] dc = new JpegHuffman[COUNT];
    private final @Nullable JpegHuffman[] ac = new JpegHuffman[COUNT];
    private final int[] dcSteps = new int[COUNT];

    /** Reads a segment of Huffman tables, from the byte after its length to its end. */
    void huffman(byte[] file, int from, int end) throws IOException {
        int p = from;
        while (p < end) {
            int kind = file[p] & 0xff;
            if (end - p < 17 || (kind & 0xf) >= COUNT || kind >> 4 > 1) {
                throw new IOException("a damaged Huffman table");
            }
            int values = 0;
            for (int i = 1; i <= 16; i++) {
                values += file[p + i] & 0xff;
            }
            if (values > 256 || values > end - p - 17) {
                throw new IOException("a damaged Huffman table");
            }
            boolean means = kind >> 4 == 0;
            (means ? dc : ac)[kind & 0xf] = new JpegHuffman(file, p + 1, p + 17, values, means);
            p += 17 + values;
        }
    }

    /** Reads the steps of the means from a segment of quantisation tables; the decoder reports other damage in it. */
    void quantisation(byte[] file, int from, int end) {
        for (int p = from; p < end; ) {
            int bytes = (file[p] & 0xf0) == 0 ? 1 : 2;
            if (p + 1 + bytes <= end) {
                dcSteps[file[p] & (COUNT - 1)] =
                        bytes == 1 ? file[p + 1] & 0xff : ((file[p + 1] & 0xff) << 8) | (file[p + 2] & 0xff);
            }
            p += 1 + bytes * JpegComponent.COEFFICIENTS;
        }
    }

    boolean noHuffman() {
        return Arrays.stream(dc).allMatch(Objects::isNull) && Arrays.stream(ac).allMatch(Objects::isNull);
    }

    JpegHuffman dc(int index) throws IOException {
        return defined(dc, index);
    }

    JpegHuffman ac(int index) throws IOException {
        return defined(ac, index);
    }

    /** Returns the step of the means in a quantisation table; 0 if it is not defined. */
    int dcStep(int index) {
        return dcSteps[index & (COUNT - 1)];
    }

    private static JpegHuffman defined(@Nullable JpegHuffman[] tables, int index) throws IOException {
        JpegHuffman table = index < COUNT ? tables[index] : null;
        if (table == null) {
            throw new IOException("a scan names a Huffman table " + index + " that is not defined");
        }
        return table;
    }
}
