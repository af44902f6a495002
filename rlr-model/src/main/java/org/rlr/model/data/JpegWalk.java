package org.rlr.model.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import javax.imageio.stream.ImageInputStream;

/**
 * Walks the structure of a JPEG file (ITU-T T.81) and all its Huffman codes without computing pixels, and writes a file
 * with only the data of the pixels. The JDK's decoder reads that file and has nothing to warn of, so the damage that is
 * found is the same with every libjpeg that a JDK was built with.
 *
 * <p>Dropped: application segments, comments, stray bytes between segments, everything after the end. Added: the end
 * marker if it is missing after complete pixels, and the tables of Annex K if a file defines none (like frames of web
 * cameras). Rejected: codes that end early, are undefined or are followed by surplus data, and restart markers that are
 * missing or out of order.
 */
final class JpegWalk {
    private static final int SOI = 0xd8;
    private static final int EOI = 0xd9;
    private static final int SOS = 0xda;
    private static final int DQT = 0xdb;
    private static final int DNL = 0xdc;
    private static final int DRI = 0xdd;
    private static final int DHT = 0xc4;
    private static final int FIRST_RESTART = 0xd0;
    private static final int LAST_RESTART = 0xd7;
    private static final int APP0 = 0xe0;
    private static final int APP14 = 0xee;

    private static final int LAST = JpegComponent.COEFFICIENTS - 1;
    private static final int MAX_BLOCKS_IN_MCU = 10;

    private final byte[] file;
    private final ByteArrayOutputStream out;
    private final JpegTables tables = new JpegTables();
    private int at;
    private boolean progressive;
    private int width;
    private int height;
    private int unitsAcross;
    private int unitsDown;
    private JpegComponent[] components = new JpegComponent[0];
    private int restartInterval;
    private boolean jfif;
    private int adobeTransform = -1;

    private JpegWalk(byte[] file) {
        this.file = file;
        this.out = new ByteArrayOutputStream(file.length);
    }

    /**
     * Walks a file.
     *
     * @param file its contents, beginning with the marker SOI
     * @return the completed walk
     * @throws IOException if the file is damaged, with the kind of damage
     * @throws ImageException if the file is of an unsupported kind
     */
    static JpegWalk of(byte[] file) throws IOException {
        JpegWalk walk = new JpegWalk(file);
        walk.run();
        return walk;
    }

    /** {@return a file with the same pixels and nothing else} */
    byte[] cleaned() {
        return out.toByteArray();
    }

    /** {@return the components of the frame, 1 to 4} */
    int components() {
        return components.length;
    }

    /** {@return whether there is a JFIF segment} */
    boolean jfif() {
        return jfif;
    }

    /** {@return the colour transform of the Adobe segment; -1 without one} */
    int adobeTransform() {
        return adobeTransform;
    }

    /** {@return whether the components are named R, G and B} */
    boolean namedRgb() {
        return components.length == 3 && components[0].id == 'R' && components[1].id == 'G' && components[2].id == 'B';
    }

    /**
     * Returns the size in the frame header; reads no further.
     *
     * @param in a JPEG file from its beginning
     * @return width and height
     * @throws IOException if there is no frame header
     */
    static ImageSize size(ImageInputStream in) throws IOException {
        while (true) {
            int marker = in.read();
            while (marker >= 0 && marker != 0xff) {
                marker = in.read();
            }
            while (marker == 0xff) {
                marker = in.read();
            }
            if (marker < 0 || marker == EOI || marker == SOS) {
                throw new IOException("the file ends before the picture begins");
            }
            if (marker == 0 || marker == 1 || (marker >= FIRST_RESTART && marker <= SOI)) {
                continue;
            }
            int length = in.readUnsignedShort();
            if (length < 2) {
                throw new IOException("a segment of " + length + " bytes");
            }
            if (isFrame(marker)) {
                in.readByte();
                int height = in.readUnsignedShort();
                if (height == 0) {
                    throw ImageException.unsupported("a height that follows its lines is not supported");
                }
                return new ImageSize(in.readUnsignedShort(), height);
            }
            in.skipBytes(length - 2);
        }
    }

    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != DHT && marker != 0xc8 && marker != 0xcc;
    }

    private void run() throws IOException {
        at = 2;
        marker(SOI);
        while (true) {
            int marker = nextMarker();
            if (marker == EOI) {
                break;
            }
            if (marker >= FIRST_RESTART && marker <= LAST_RESTART) {
                throw new IOException("a restart marker outside a scan");
            }
            int end = segmentEnd(marker);
            if (end < 0) {
                break; // complete pixels without an end marker
            }
            segment(marker, at + 2, end);
            at = Math.max(at, end);
        }
        if (components.length == 0) {
            throw new IOException("the file ends before the picture begins");
        }
        for (JpegComponent c : components) {
            if (!c.scanned || (progressive && Arrays.stream(c.lowBit).anyMatch(bit -> bit > 0))) {
                throw new IOException("the file ends before its last scan");
            }
        }
        marker(EOI);
    }

    /** Moves past the next marker, skipping stray bytes; returns EOI if the file ends after complete pixels. */
    private int nextMarker() throws IOException {
        while (true) {
            while (at < file.length && file[at] != (byte) 0xff) {
                at++;
            }
            while (at < file.length && file[at] == (byte) 0xff) {
                at++;
            }
            if (at >= file.length) {
                if (wholePixels()) {
                    return EOI;
                }
                throw new IOException("the file ends before its last scan");
            }
            int marker = file[at++] & 0xff;
            if (marker == SOI && at > 4) {
                // a preview inside a segment with a wrong length
                throw new IOException("a second picture begins within the first");
            }
            if (marker != 0 && marker != 1 && marker != SOI) {
                return marker;
            }
        }
    }

    private boolean wholePixels() {
        return components.length > 0
                && !progressive
                && Arrays.stream(components).allMatch(c -> c.scanned);
    }

    /**
     * Returns the end of the segment that begins with its length; -1 if the file ends within it, but pixels are
     * complete.
     */
    private int segmentEnd(int marker) throws IOException {
        int end = at + 2 > file.length ? Integer.MAX_VALUE : at + word(at);
        if (end > file.length) {
            if (wholePixels()) {
                return -1;
            }
            throw new IOException("the file ends within a segment");
        }
        if (end < at + 2) {
            throw new IOException(String.format("a segment %02X of %d bytes", marker, end - at));
        }
        return end;
    }

    private void segment(int marker, int from, int end) throws IOException {
        switch (marker) {
            case DQT -> {
                tables.quantisation(file, from, end);
                copy(marker, end);
            }
            case DHT -> {
                tables.huffman(file, from, end);
                copy(marker, end);
            }
            case DRI -> {
                if (end - from != 2) {
                    throw new IOException("a restart interval of " + (end - from) + " bytes");
                }
                restartInterval = word(from);
                copy(marker, end);
            }
            case SOS -> scan(from, end);
            case DNL -> {
                if (end - from != 2 || word(from) != height) {
                    throw new IOException("a second height that differs from " + height);
                }
            }
            case APP0 -> jfif |= begins(from, end, "JFIF\0");
            case APP14 -> {
                if (begins(from, end, "Adobe") && end - from >= 12) {
                    adobeTransform = file[from + 11] & 0xff;
                }
            }
            default -> {
                if (isFrame(marker)) {
                    frame(marker, from, end);
                    copy(marker, end);
                }
            }
        }
    }

    private void frame(int marker, int from, int end) throws IOException {
        if (components.length > 0) {
            throw new IOException("a second frame header");
        }
        if (marker > 0xc2) {
            throw ImageException.unsupported(
                    marker == 0xc3 || marker == 0xc7 || marker == 0xcb || marker == 0xcf
                            ? "lossless JPEG is not supported"
                            : marker >= 0xc9
                                    ? "arithmetic coding is not supported"
                                    : "hierarchical JPEG is not supported");
        }
        if (end - from < 6 || end - from != 6 + 3 * (file[from + 5] & 0xff)) {
            throw new IOException("its frame header has " + (end - from) + " bytes");
        }
        if (file[from] != 8) {
            throw ImageException.unsupported("samples of " + (file[from] & 0xff) + " bits are not supported");
        }
        progressive = marker == 0xc2;
        height = word(from + 1);
        width = word(from + 3);
        int count = file[from + 5] & 0xff;
        if (height == 0) {
            throw ImageException.unsupported("a height that follows its lines is not supported");
        }
        if (width == 0) {
            throw new IOException("its header says " + width + "×" + height + " pixels");
        }
        if (count != 1 && count != 3 && count != 4) {
            throw ImageException.unsupported(count + " colour components are not supported");
        }
        JpegComponent[] read = new JpegComponent[count];
        int across = 1;
        int down = 1;
        for (int i = 0; i < count; i++) {
            int c = from + 6 + 3 * i;
            read[i] =
                    new JpegComponent(file[c] & 0xff, (file[c + 1] & 0xff) >> 4, file[c + 1] & 0xf, file[c + 2] & 0xff);
            if (read[i].across < 1 || read[i].across > 4 || read[i].down < 1 || read[i].down > 4) {
                throw new IOException("sampling factors " + read[i].across + "×" + read[i].down);
            }
            for (int j = 0; j < i; j++) {
                if (read[j].id == read[i].id) {
                    throw new IOException("two components have the id " + read[i].id);
                }
            }
            across = Math.max(across, read[i].across);
            down = Math.max(down, read[i].down);
        }
        unitsAcross = ceil(width, 8L * across);
        unitsDown = ceil(height, 8L * down);
        for (JpegComponent c : read) {
            c.blocksAcross = ceil((long) width * c.across, 8L * across);
            c.blocksDown = ceil((long) height * c.down, 8L * down);
            c.stride = unitsAcross * c.across;
            if (progressive) {
                // each block takes at least one bit
                long blocks = (long) c.stride * unitsDown * c.down;
                if (blocks / 8 > file.length) {
                    throw new IOException("the file is too short for " + width + "×" + height + " pixels");
                }
                c.nonZero = new long[Math.toIntExact(blocks)];
            }
        }
        components = read;
    }

    private static int ceil(long a, long b) {
        return (int) ((a + b - 1) / b);
    }

    /** Reads a scan's header and codes, and the bytes up to the next marker. */
    private void scan(int from, int end) throws IOException {
        int count = end > from ? file[from] & 0xff : 0;
        if (components.length == 0 || count < 1 || count > 4 || end - from != 4 + 2 * count) {
            throw new IOException("a scan header of " + (end - from) + " bytes, before or without a frame");
        }
        int spectralStart = file[end - 3] & 0xff;
        int spectralEnd = file[end - 2] & 0xff;
        int high = (file[end - 1] & 0xff) >> 4;
        int low = file[end - 1] & 0xf;
        byte[] header = Arrays.copyOfRange(file, from - 2, end);
        if (!progressive) {
            // some encoders write other numbers, unused in sequential files
            spectralStart = 0;
            spectralEnd = LAST;
            high = 0;
            low = 0;
            header[header.length - 3] = 0;
            header[header.length - 2] = LAST;
            header[header.length - 1] = 0;
        }
        JpegComponent[] scanned = new JpegComponent[count];
        int blocks = 0;
        for (int i = 0; i < count; i++) {
            JpegComponent c = named(file[from + 1 + 2 * i] & 0xff);
            int coded = file[from + 2 + 2 * i] & 0xff;
            for (int j = 0; j < i; j++) {
                if (scanned[j] == c) {
                    throw new IOException("a scan names a component twice");
                }
            }
            c.dc = spectralStart == 0 && high == 0 ? tables(coded >> 4).dc(coded >> 4) : null;
            c.ac = spectralEnd > 0 ? tables(coded & 0xf).ac(coded & 0xf) : null;
            if (!c.scanned) {
                c.dcStep = tables.dcStep(c.quantisation);
            }
            scanned[i] = c;
            blocks += c.across * c.down;
        }
        if (count > 1 && blocks > MAX_BLOCKS_IN_MCU) {
            throw new IOException("a scan of " + blocks + " blocks per unit");
        }
        if (progressive) {
            progression(scanned, spectralStart, spectralEnd, high, low);
        }
        out.write(0xff);
        out.write(SOS);
        out.writeBytes(header);
        at = new JpegScan(file, scanned, end, progressive, spectralStart, spectralEnd, high > 0, low)
                .walk(unitsAcross, unitsDown, restartInterval);
        out.write(file, end, at - end);
        for (JpegComponent c : scanned) {
            c.scanned = true;
        }
        stray();
    }

    private JpegComponent named(int id) throws IOException {
        for (JpegComponent c : components) {
            if (c.id == id) {
                return c;
            }
        }
        throw new IOException("a scan names a component " + id + " that the frame does not have");
    }

    /** Returns the tables; uses those of the standard if the file defines none and a scan names one of them. */
    private JpegTables tables(int index) throws IOException {
        if (index < JpegTables.STANDARD && tables.noHuffman()) {
            byte[] standard = JpegHuffman.standardTables();
            out.writeBytes(standard);
            tables.huffman(standard, 4, standard.length);
        }
        return tables;
    }

    /** Checks that each bit of a coefficient occurs once, the highest first. */
    private static void progression(JpegComponent[] scanned, int start, int end, int high, int low) throws IOException {
        boolean dc = start == 0;
        if (start > end
                || end > LAST
                || (dc ? end != 0 : scanned.length != 1)
                || low > 13
                || (high > 0 && high - 1 != low)) {
            throw new IOException("a scan of coefficients " + start + " to " + end + ", bits " + high + " to " + low);
        }
        for (JpegComponent c : scanned) {
            if (!dc && c.lowBit[0] < 0) {
                throw new IOException("a scan of coefficients " + start + " to " + end + " comes before the first");
            }
            for (int k = start; k <= end; k++) {
                if (high == 0 ? c.lowBit[k] >= 0 : c.lowBit[k] != high) {
                    throw new IOException("scans of coefficient " + k + " are out of order");
                }
                c.lowBit[k] = low;
            }
        }
    }

    /**
     * Skips padding between the last code and the next marker, which a few cameras write. Other bytes there are surplus
     * data and mean that some codes are wrong.
     */
    private void stray() throws IOException {
        while (at < file.length) {
            if (file[at] == (byte) 0xff) {
                int next = at + 1 < file.length ? file[at + 1] & 0xff : 0;
                if (next >= FIRST_RESTART && next <= LAST_RESTART) {
                    throw new IOException("too many restart markers for its size");
                }
                if (next != 0 && next != 0xff) {
                    return;
                }
            } else if (file[at] != 0) {
                throw new IOException("data is left over after the last pixel");
            }
            at++;
        }
    }

    private int word(int index) {
        return ((file[index] & 0xff) << 8) | (file[index + 1] & 0xff);
    }

    private void marker(int marker) {
        out.write(0xff);
        out.write(marker);
    }

    private void copy(int marker, int end) {
        marker(marker);
        out.write(file, at, end - at);
    }

    private boolean begins(int from, int end, String text) {
        if (end - from < text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (file[from + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
