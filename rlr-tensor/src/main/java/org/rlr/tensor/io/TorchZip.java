package org.rlr.tensor.io;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * The serialisation of PyTorch 1.6 and later: a zip archive of stored entries {@code <root>/data.pkl},
 * {@code <root>/data/<key>}, {@code <root>/byteorder}. Refuses compressed entries, which torch.save does not write, and
 * entries that together are larger than the file, so that no more is read than the file holds.
 */
final class TorchZip implements TorchData {
    private static final String PICKLE = "/data.pkl";
    private static final int PIECE = 1 << 16;

    // the end of a zip archive, little-endian: the ZIP64 record, its locator, the end with a comment
    private static final int END_64_SIGNATURE = 0x06064b50;
    private static final int LOCATOR_SIGNATURE = 0x07064b50;
    private static final int END_SIGNATURE = 0x06054b50;
    private static final int END_64 = 56;
    private static final int LOCATOR = 20;
    private static final int END = 22;
    private static final int LONGEST_COMMENT = 0xffff;
    /** Position of the entry count in the record. */
    private static final int ENTRIES = 32;
    /** Position of the record's offset in the locator. */
    private static final int LOCATED = 8;
    /** Bytes of a directory entry without its name. */
    private static final int SHORTEST_ENTRY = 46;

    private final Path path;
    private final ZipFile zip;
    private final String root;
    private final ByteOrder order;
    private final Set<String> verified = ConcurrentHashMap.newKeySet();

    TorchZip(Path path) throws IOException {
        this.path = path;
        checkCount();
        try {
            zip = new ZipFile(path.toFile());
        } catch (ZipException e) {
            throw TorchCheckpoint.damaged(
                    path.toString(), "it starts like a zip archive but is not one (" + e.getMessage() + ")");
        }
        boolean opened = false;
        try {
            checkSizes();
            root = root();
            order = readOrder();
            opened = true;
        } catch (IllegalArgumentException e) {
            // java.util.zip throws this if a name is not UTF-8
            throw TorchCheckpoint.damaged(
                    path.toString(), "the name of an entry cannot be read (" + e.getMessage() + ")");
        } finally {
            if (!opened) {
                zip.close();
            }
        }
    }

    /**
     * Refuses a ZIP64 archive whose entry count exceeds its directory: {@link ZipFile} allocates for that count before
     * it reads the entries.
     */
    private void checkCount() throws IOException {
        try (FileChannel file = FileChannel.open(path)) {
            long size = file.size();
            int length = (int) Math.min(size, END + LONGEST_COMMENT + LOCATOR);
            ByteBuffer tail = read(file, size - length, length);
            for (int at = LOCATOR; at + END <= length; at++) {
                if (tail.getInt(at) != END_SIGNATURE || tail.getInt(at - LOCATOR) != LOCATOR_SIGNATURE) {
                    continue;
                }
                long record = tail.getLong(at - LOCATOR + LOCATED);
                if (record < 0 || record > size - END_64) {
                    continue;
                }
                ByteBuffer end = read(file, record, END_64);
                long entries = end.getLong(ENTRIES);
                if (end.getInt(0) == END_64_SIGNATURE && (entries < 0 || entries > size / SHORTEST_ENTRY)) {
                    throw TorchCheckpoint.damaged(
                            path.toString(),
                            "it declares " + Long.toUnsignedString(entries) + " entries in " + size + " bytes");
                }
            }
        }
    }

    private static ByteBuffer read(FileChannel file, long from, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        for (int read = 0; read >= 0 && bytes.hasRemaining(); ) {
            read = file.read(bytes, from + bytes.position());
        }
        return bytes;
    }

    private void checkSizes() throws IOException {
        long rest = Files.size(path);
        for (ZipEntry entry : Collections.list(zip.entries())) {
            if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
                throw TorchCheckpoint.refused(
                        path.toString(),
                        "its entry " + entry.getName() + " of " + entry.getSize()
                                + " bytes is compressed, which torch.save does not do");
            }
            rest -= entry.getSize();
            if (rest < 0) {
                throw TorchCheckpoint.refused(
                        path.toString(), "its entries overlap: together they are longer than the file");
            }
        }
    }

    private String root() {
        List<String> roots = zip.stream()
                .map(ZipEntry::getName)
                .filter(n -> n.endsWith(PICKLE) && n.indexOf('/') == n.length() - PICKLE.length())
                .map(n -> n.substring(0, n.length() - PICKLE.length() + 1))
                .distinct()
                .toList();
        if (roots.size() != 1) {
            throw TorchCheckpoint.damaged(
                    path.toString(), "it is a zip archive with " + roots.size() + " entries data.pkl instead of one");
        }
        return roots.get(0);
    }

    private ByteOrder readOrder() throws IOException {
        ZipEntry entry = zip.getEntry(root + "byteorder");
        if (entry == null) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        String name;
        try (InputStream in = zip.getInputStream(entry)) {
            name = new String(in.readNBytes(16), StandardCharsets.US_ASCII);
        }
        return switch (name) {
            case "little" -> ByteOrder.LITTLE_ENDIAN;
            case "big" -> ByteOrder.BIG_ENDIAN;
            default -> throw TorchCheckpoint.damaged(path.toString(), "its byte order is neither little nor big");
        };
    }

    /** Returns the verified pickle. */
    InputStream pickle() throws IOException {
        ZipEntry entry = zip.getEntry(root + PICKLE.substring(1));
        if (entry.getSize() > PickleInput.MOST_BYTES) {
            throw TorchCheckpoint.refused(
                    path.toString(),
                    "its pickle of " + entry.getSize() + " bytes is longer than the limit of "
                            + (PickleInput.MOST_BYTES >> 20) + " MiB");
        }
        verify(entry);
        return new BufferedInputStream(zip.getInputStream(entry));
    }

    @Override
    public ByteOrder order() {
        return order;
    }

    @Override
    public long bytes(String key) {
        ZipEntry entry = zip.getEntry(root + "data/" + key);
        return entry == null ? -1 : entry.getSize();
    }

    @Override
    public byte[] read(String key, long from, int length) throws IOException {
        ZipEntry entry = zip.getEntry(root + "data/" + key);
        verify(entry);
        try (InputStream in = zip.getInputStream(entry)) {
            in.skipNBytes(from);
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw cutShort(entry);
            }
            return bytes;
        } catch (ZipException e) {
            throw TorchCheckpoint.damaged(
                    path.toString(), "its entry " + entry.getName() + " cannot be read (" + e.getMessage() + ")");
        }
    }

    /** Verifies an entry's checksum on its first read. */
    private void verify(ZipEntry entry) throws IOException {
        if (verified.contains(entry.getName())) {
            return;
        }
        CRC32 crc = new CRC32();
        byte[] piece = new byte[PIECE];
        long total = 0;
        try (InputStream in = zip.getInputStream(entry)) {
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                crc.update(piece, 0, n);
                total += n;
            }
        } catch (ZipException e) {
            throw TorchCheckpoint.damaged(
                    path.toString(), "its entry " + entry.getName() + " cannot be read (" + e.getMessage() + ")");
        }
        if (total != entry.getSize()) {
            throw cutShort(entry);
        }
        if (crc.getValue() != entry.getCrc()) {
            throw TorchCheckpoint.damaged(
                    path.toString(), "its entry " + entry.getName() + " does not match its checksum");
        }
        verified.add(entry.getName());
    }

    private TensorFileException cutShort(ZipEntry entry) {
        return TorchCheckpoint.damaged(path.toString(), "its entry " + entry.getName() + " is cut short");
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
