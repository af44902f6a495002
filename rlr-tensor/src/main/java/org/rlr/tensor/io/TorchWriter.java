package org.rlr.tensor.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;

/**
 * Writes a file that {@code torch.load} reads, also with {@code weights_only=True}: the zip serialisation of PyTorch
 * 1.6 and later, with stored entries and data aligned to {@value #ALIGNMENT} bytes for memory mapping. The same object
 * gives the same bytes.
 */
public final class TorchWriter {
    /** The alignment of storages in torch.save. */
    private static final int ALIGNMENT = 64;

    private static final String ROOT = "archive/";
    /** The version of PyTorch's file format. */
    private static final String VERSION = "3\n";

    private static final int LOCAL_HEADER = 30;
    private static final int EXTRA_HEADER = 4;
    private static final int PIECE = 1 << 16;
    private static final LocalDateTime EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0);

    private TorchWriter() {}

    /**
     * A tensor to write, of type float32.
     *
     * @param shape its extents
     * @param values row-major; not copied
     */
    public record Floats(long[] shape, float[] values) {
        /**
         * Checks that shape and values match.
         *
         * @param shape its extents
         * @param values row-major; not copied
         * @throws IllegalArgumentException if they do not match
         */
        public Floats {
            long product = 1;
            for (long length : shape) {
                product = Math.multiplyExact(product, length);
            }
            if (product != values.length) {
                throw new IllegalArgumentException(
                        "the shape has " + product + " elements, the values " + values.length);
            }
        }
    }

    /**
     * Writes an object to a file atomically, see {@link AtomicFile}.
     *
     * @param path the target; replaced if it exists
     * @param root a Map with String keys (becomes an OrderedDict), List, String, Integer, Long, Double, Boolean, null
     *     (becomes None) or {@link Floats}, and maps and lists of these, nested without cycles
     * @throws ResourceException if it cannot be written; an existing file is then unchanged
     * @throws IllegalArgumentException if it contains a value of another type
     */
    public static void write(Path path, @Nullable Object root) {
        Pickler pickler = new Pickler();
        byte[] pickle = pickler.pickle(root);
        List<Floats> tensors = pickler.tensors();
        AtomicFile.write(path, out -> {
            Counted counted = new Counted(out);
            try (ZipOutputStream zip = new ZipOutputStream(counted)) {
                entry(zip, counted, "data.pkl", pickle);
                entry(zip, counted, "byteorder", ascii("little"));
                for (int i = 0; i < tensors.size(); i++) {
                    tensor(zip, counted, "data/" + i, tensors.get(i).values());
                }
                entry(zip, counted, "version", ascii(VERSION));
            }
        });
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static void entry(ZipOutputStream zip, Counted counted, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        open(zip, counted, name, content.length, crc.getValue());
        zip.write(content);
        zip.closeEntry();
    }

    private static void tensor(ZipOutputStream zip, Counted counted, String name, float[] values) throws IOException {
        CRC32 crc = new CRC32();
        pieces(values, (bytes, length) -> crc.update(bytes, 0, length));
        open(zip, counted, name, (long) values.length * Float.BYTES, crc.getValue());
        pieces(values, (bytes, length) -> zip.write(bytes, 0, length));
        zip.closeEntry();
    }

    private interface Piece {
        void take(byte[] bytes, int length) throws IOException;
    }

    private static void pieces(float[] values, Piece sink) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(PIECE).order(ByteOrder.LITTLE_ENDIAN);
        int count;
        for (int from = 0; from < values.length; from += count) {
            count = Math.min(PIECE / Float.BYTES, values.length - from);
            piece.asFloatBuffer().put(values, from, count);
            sink.take(piece.array(), count * Float.BYTES);
        }
    }

    private static void open(ZipOutputStream zip, Counted counted, String name, long size, long crc)
            throws IOException {
        zip.flush();
        ZipEntry entry = new ZipEntry(ROOT + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(size);
        entry.setCompressedSize(size);
        entry.setCrc(crc);
        // a time that the DOS format can store: others add an extra field
        entry.setTimeLocal(EPOCH);
        long unpadded = counted.count + LOCAL_HEADER + ROOT.length() + name.length() + EXTRA_HEADER;
        int padding = (int) Math.floorMod(-unpadded, (long) ALIGNMENT);
        // torch.save pads in the same way, with an extra field "FB"
        byte[] extra = new byte[EXTRA_HEADER + padding];
        extra[0] = 'F';
        extra[1] = 'B';
        extra[2] = (byte) padding;
        java.util.Arrays.fill(extra, EXTRA_HEADER, extra.length, (byte) 'Z');
        entry.setExtra(extra);
        zip.putNextEntry(entry);
    }

    /** Counts written bytes; closing it leaves the underlying stream open. */
    private static final class Counted extends OutputStream {
        private final OutputStream out;
        private long count;

        Counted(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            count++;
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
            count += length;
        }
    }
}
