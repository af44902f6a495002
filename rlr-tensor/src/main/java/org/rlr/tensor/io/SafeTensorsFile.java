package org.rlr.tensor.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.RlrException;

/**
 * A SafeTensors file, or its contents in memory, opened for reading. Opening is cheap, and only requested tensors are
 * read, through a small buffer: a mapped file would count as process memory until garbage collection. Files and tensors
 * may exceed 2 GiB, if the array that receives a tensor can hold it. Thread-safe. A thread that is interrupted while
 * reading gets a {@link CancelledException}, and the file is closed.
 */
public final class SafeTensorsFile implements AutoCloseable {
    /** The limit of the format's reference implementation. */
    static final int MAX_HEADER_BYTES = 100_000_000;

    private static final int LENGTH_BYTES = 8;
    /** Buffer size in bytes; a multiple of every element size. */
    private static final int PIECE = 1 << 18;

    private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

    private final String source;
    private final Input input;
    private final long dataStart;
    private final SafeTensorsHeader header;

    /** The source of the bytes. */
    private interface Input extends Closeable {
        long size() throws IOException;

        /** Reads some bytes at a position; returns a negative number at the end. */
        int read(ByteBuffer to, long position) throws IOException;

        /** Returns a view of some bytes that stays valid after closing. */
        ByteBuffer view(long position, int length) throws IOException;

        boolean isOpen();
    }

    private record Channel(FileChannel channel) implements Input {
        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public int read(ByteBuffer to, long position) throws IOException {
            return channel.read(to, position);
        }

        @Override
        public ByteBuffer view(long position, int length) throws IOException {
            return channel.map(FileChannel.MapMode.READ_ONLY, position, length);
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private static final class Memory implements Input {
        private final ByteBuffer bytes;
        private volatile boolean closed;

        Memory(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        @Override
        public long size() {
            return bytes.capacity();
        }

        @Override
        public int read(ByteBuffer to, long position) throws IOException {
            if (Thread.currentThread().isInterrupted()) {
                throw new ClosedByInterruptException(); // like a file channel
            }
            int length = (int) Math.min(to.remaining(), size() - position);
            to.put(view(position, length));
            return length;
        }

        @Override
        public ByteBuffer view(long position, int length) {
            return bytes.slice((int) position, length);
        }

        @Override
        public boolean isOpen() {
            return !closed;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private SafeTensorsFile(String source, Input input) throws IOException {
        this.source = source;
        this.input = input;
        long size = input.size();
        if (size < LENGTH_BYTES) {
            throw SafeTensorsHeader.malformed(
                    TensorFileException.Reason.OTHER_FORMAT,
                    source,
                    size == 0 ? "it is empty" : "it is only " + size + " bytes long");
        }
        ByteBuffer length = readFully(0, LENGTH_BYTES);
        long headerBytes = length.getLong(0);
        if (headerBytes < 0 || headerBytes > size - LENGTH_BYTES) {
            throw SafeTensorsHeader.malformed(
                    headerBegins() ? TensorFileException.Reason.DAMAGED : TensorFileException.Reason.OTHER_FORMAT,
                    source,
                    "its header should be " + Long.toUnsignedString(headerBytes) + " bytes long, but the file has only "
                            + size + " (cut short, or another format)");
        }
        if (headerBytes > MAX_HEADER_BYTES) {
            throw SafeTensorsHeader.malformed(
                    TensorFileException.Reason.OTHER_FORMAT,
                    source,
                    "its header of " + headerBytes + " bytes is longer than the limit of " + MAX_HEADER_BYTES);
        }
        this.dataStart = LENGTH_BYTES + headerBytes;
        byte[] json = readFully(LENGTH_BYTES, (int) headerBytes).array();
        this.header = SafeTensorsHeader.parse(source, json, size - dataStart);
    }

    /** Returns whether a JSON object starts at the header's position; other formats have other bytes there. */
    private boolean headerBegins() throws IOException {
        ByteBuffer first = ByteBuffer.allocate(1);
        return input.read(first, LENGTH_BYTES) == 1 && first.get(0) == '{';
    }

    /**
     * Opens a file and checks its header.
     *
     * @param path a SafeTensors file
     * @return the file; the caller closes it
     * @throws TensorFileException if the file is missing, unreadable, or not a correct SafeTensors file
     */
    public static SafeTensorsFile open(Path path) {
        if (Files.notExists(path)) {
            throw new TensorFileException(
                    TensorFileException.Reason.UNREADABLE, path + " does not exist", "check the path", null);
        }
        if (Files.isDirectory(path)) {
            throw new TensorFileException(
                    TensorFileException.Reason.UNREADABLE, path + " is a folder", "name a SafeTensors file", null);
        }
        try {
            return open(path.toString(), new Channel(FileChannel.open(path, StandardOpenOption.READ)));
        } catch (IOException e) {
            throw unreadable(path.toString(), e);
        }
    }

    /**
     * Opens the contents of a file in memory and checks its header.
     *
     * @param source its name in messages
     * @param contents a whole SafeTensors file; not copied
     * @return the file; closing it is optional
     * @throws TensorFileException if it is not a correct SafeTensors file
     */
    public static SafeTensorsFile of(String source, byte[] contents) {
        return open(source, new Memory(ByteBuffer.wrap(contents).asReadOnlyBuffer()));
    }

    private static SafeTensorsFile open(String source, Input input) {
        boolean opened = false;
        try {
            SafeTensorsFile file = new SafeTensorsFile(source, input);
            opened = true;
            return file;
        } catch (IOException e) {
            throw unreadable(source, e);
        } finally {
            if (!opened) {
                closeQuietly(input);
            }
        }
    }

    /** {@return the name in messages: the path of a file} */
    public String source() {
        return source;
    }

    /** {@return the names of the tensors, in the order of their data} */
    public List<String> names() {
        return List.copyOf(header.entries().keySet());
    }

    /**
     * Returns whether there is a tensor of that name.
     *
     * @param name any name
     * @return true if {@link #entry} finds it
     */
    public boolean contains(String name) {
        return header.entries().containsKey(name);
    }

    /** {@return the file's metadata; may be empty} */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /**
     * Returns the header's description of a tensor.
     *
     * @param name of the tensor
     * @return type, shape and position
     * @throws TensorFileException if there is no such tensor; the message lists close names
     */
    public TensorEntry entry(String name) {
        TensorEntry entry = header.entries().get(name);
        if (entry == null) {
            List<String> close = CloseNames.of(name, header.entries().keySet(), 3);
            String quoted = String.join(
                    " or ", close.stream().map(SafeTensorsHeader::quoted).toList());
            throw new TensorFileException(
                    TensorFileException.Reason.OTHER_TENSORS,
                    source + " has no tensor " + SafeTensorsHeader.quoted(name)
                            + (close.isEmpty()
                                    ? ", but " + header.entries().size() + " tensors of other names"
                                    : "; did you mean " + quoted + "?"),
                    "",
                    null);
        }
        return entry;
    }

    /**
     * Reads a tensor as floats, converted from any type: doubles and integers are rounded to the nearest float,
     * booleans become 0 or 1.
     *
     * @param name of the tensor
     * @return its elements, row-major
     * @throws TensorFileException if there is no such tensor, or it has more elements than an array
     * @throws IllegalStateException if the file was closed
     */
    public float[] readFloats(String name) {
        TensorEntry entry = entry(name);
        float[] values = new float[arrayLength(entry)];
        readPieces(entry, (from, piece) -> {
            int n = piece.remaining() / entry.dtype().bytes();
            switch (entry.dtype()) {
                case F32 -> piece.asFloatBuffer().get(values, from, n);
                case F16 -> {
                    for (int i = 0; i < n; i++) {
                        values[from + i] = HalfPrecision.f16ToFloat(piece.getShort(2 * i));
                    }
                }
                case BF16 -> {
                    for (int i = 0; i < n; i++) {
                        values[from + i] = HalfPrecision.bf16ToFloat(piece.getShort(2 * i));
                    }
                }
                case F64 -> {
                    for (int i = 0; i < n; i++) {
                        values[from + i] = (float) piece.getDouble(8 * i);
                    }
                }
                case I64, I32, U8, BOOL -> {
                    for (int i = 0; i < n; i++) {
                        values[from + i] = integer(entry.dtype(), piece, i);
                    }
                }
            }
        });
        return values;
    }

    /**
     * Reads a tensor as doubles, converted from any type; exact except for 64-bit integers beyond 2^53.
     *
     * @param name of the tensor
     * @return its elements, row-major
     * @throws TensorFileException if there is no such tensor, or it has more elements than an array
     * @throws IllegalStateException if the file was closed
     */
    public double[] readDoubles(String name) {
        TensorEntry entry = entry(name);
        double[] values = new double[arrayLength(entry)];
        readPieces(entry, (from, piece) -> {
            int n = piece.remaining() / entry.dtype().bytes();
            for (int i = 0; i < n; i++) {
                values[from + i] = switch (entry.dtype()) {
                    case F64 -> piece.getDouble(8 * i);
                    case F32 -> piece.getFloat(4 * i);
                    case F16 -> HalfPrecision.f16ToFloat(piece.getShort(2 * i));
                    case BF16 -> HalfPrecision.bf16ToFloat(piece.getShort(2 * i));
                    case I64, I32, U8, BOOL -> integer(entry.dtype(), piece, i);
                };
            }
        });
        return values;
    }

    /**
     * Reads a tensor of integers or booleans as longs.
     *
     * @param name of the tensor
     * @return its elements, row-major
     * @throws TensorFileException if there is no such tensor, its type is floating-point, or it has more elements than
     *     an array can hold
     * @throws IllegalStateException if the file was closed
     */
    public long[] readLongs(String name) {
        TensorEntry entry = entry(name);
        if (entry.dtype().isFloating()) {
            throw new TensorFileException(
                    TensorFileException.Reason.OTHER_TENSORS,
                    source + ": tensor " + SafeTensorsHeader.quoted(name) + " should hold integers, but its type is "
                            + entry.dtype(),
                    "use a file made for this purpose",
                    null);
        }
        long[] values = new long[arrayLength(entry)];
        readPieces(entry, (from, piece) -> {
            int n = piece.remaining() / entry.dtype().bytes();
            for (int i = 0; i < n; i++) {
                values[from + i] = integer(entry.dtype(), piece, i);
            }
        });
        return values;
    }

    /**
     * Maps a tensor's bytes as a read-only little-endian view, without a copy; it stays valid after the file is closed.
     * Nobody may truncate the file while the view is in use (the writers of this package replace whole files, which is
     * safe).
     *
     * @param name of the tensor
     * @return its bytes
     * @throws TensorFileException if there is no such tensor or it is longer than a buffer (2 GiB)
     * @throws IllegalStateException if the file was closed
     */
    public ByteBuffer bytes(String name) {
        TensorEntry entry = entry(name);
        if (entry.bytes() > Integer.MAX_VALUE) {
            throw tooLarge(entry);
        }
        try {
            requireOpen();
            return input.view(dataStart + entry.offset(), (int) entry.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw unreadable(source, e);
        }
    }

    /** Closes the file; reading is no longer possible. May be called again. */
    @Override
    public void close() {
        closeQuietly(input);
    }

    private interface PieceReader {
        /** Receives a little-endian chunk at position 0 that starts with element {@code from} of the tensor. */
        void read(int from, ByteBuffer piece);
    }

    private void readPieces(TensorEntry entry, PieceReader reader) {
        requireOpen();
        // direct: the JDK would copy a heap buffer through a direct one
        ByteBuffer piece =
                ByteBuffer.allocateDirect((int) Math.min(PIECE, entry.bytes())).order(ByteOrder.LITTLE_ENDIAN);
        try {
            for (long done = 0; done < entry.bytes(); done += piece.limit()) {
                piece.clear().limit((int) Math.min(piece.capacity(), entry.bytes() - done));
                readFully(dataStart + entry.offset() + done, piece);
                reader.read((int) (done / entry.dtype().bytes()), piece.flip().order(ByteOrder.LITTLE_ENDIAN));
            }
        } catch (IOException e) {
            throw unreadable(source, e);
        }
    }

    private void requireOpen() {
        if (!input.isOpen()) {
            throw new IllegalStateException(source + " has been closed");
        }
    }

    private static long integer(DType dtype, ByteBuffer piece, int i) {
        return switch (dtype) {
            case I64 -> piece.getLong(8 * i);
            case I32 -> piece.getInt(4 * i);
            case U8 -> piece.get(i) & 0xFF;
            case BOOL -> piece.get(i) != 0 ? 1 : 0;
            case F64, F32, F16, BF16 -> throw new IllegalArgumentException(dtype + " is not an integer type");
        };
    }

    private int arrayLength(TensorEntry entry) {
        if (entry.elements() > MAX_ARRAY) {
            throw tooLarge(entry);
        }
        return (int) entry.elements();
    }

    private TensorFileException tooLarge(TensorEntry entry) {
        return new TensorFileException(
                TensorFileException.Reason.UNSUPPORTED,
                source + ": tensor " + SafeTensorsHeader.quoted(entry.name()) + " of " + entry.elements()
                        + " elements is too large to read at once",
                "split it",
                null);
    }

    private ByteBuffer readFully(long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        readFully(position, buffer);
        return buffer;
    }

    private void readFully(long position, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (input.read(buffer, position + buffer.position()) < 0) {
                throw new IOException("it was truncated while being read");
            }
        }
    }

    private static RlrException unreadable(String source, IOException e) {
        if (e instanceof ClosedByInterruptException) {
            return new CancelledException("interrupted while reading " + source, "", e);
        }
        return new TensorFileException(
                TensorFileException.Reason.UNREADABLE,
                "cannot read " + source + ": " + IoReason.of(e),
                "check that the file exists and is readable",
                e);
    }

    private static void closeQuietly(Input input) {
        try {
            input.close();
        } catch (IOException e) {
            // the file was only read, so no data is lost
            System.getLogger(SafeTensorsFile.class.getName())
                    .log(System.Logger.Level.DEBUG, "closing a file failed", e);
        }
    }
}
