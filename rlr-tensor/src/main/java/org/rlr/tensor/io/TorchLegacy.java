package org.rlr.tensor.io;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The serialisation before PyTorch 1.6: five pickles (magic number, version, system, object, keys), then for each key
 * in order a 64-bit element count and the data.
 */
final class TorchLegacy implements TorchData {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long VERSION = 1001;

    private record Place(long position, long bytes) {}

    private final Path path;
    private final FileChannel channel;
    private final @Nullable Object object;
    private final Map<String, Place> places = new HashMap<>();

    /**
     * Reads everything except the data.
     *
     * @param globals receives the storages
     */
    TorchLegacy(Path path, TorchGlobals globals) throws IOException {
        this.path = path;
        channel = FileChannel.open(path, StandardOpenOption.READ);
        boolean opened = false;
        try {
            PickleInput in =
                    new PickleInput(new BufferedInputStream(Channels.newInputStream(channel)), path.toString());
            if (!MAGIC.equals(load(in, globals))) {
                throw TorchCheckpoint.damaged(path.toString(), "its first pickle is not torch.save's magic number");
            }
            if (!Long.valueOf(VERSION).equals(load(in, globals))) {
                throw TorchCheckpoint.refused(path.toString(), "its version is not " + VERSION);
            }
            if (!(load(in, globals) instanceof Map<?, ?> system) || !Boolean.TRUE.equals(system.get("little_endian"))) {
                throw TorchCheckpoint.refused(path.toString(), "it was not written on a little-endian machine");
            }
            object = load(in, globals);
            if (!(load(in, globals) instanceof List<?> keys)) {
                throw TorchCheckpoint.damaged(path.toString(), "it has no list of storages");
            }
            place(keys, in.position(), globals);
            opened = true;
        } finally {
            if (!opened) {
                channel.close();
            }
        }
    }

    private static @Nullable Object load(PickleInput in, TorchGlobals globals) {
        return new Unpickler(in, globals).load();
    }

    private void place(List<?> keys, long start, TorchGlobals globals) throws IOException {
        long position = start;
        for (Object key : keys) {
            TorchGlobals.Storage storage =
                    key instanceof String name ? globals.storages().get(name) : null;
            if (storage == null) {
                throw TorchCheckpoint.damaged(path.toString(), "it has data of a storage that no tensor uses");
            }
            ByteBuffer count = ByteBuffer.wrap(read(position, Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
            if (count.getLong(0) != storage.elements()) {
                throw TorchCheckpoint.damaged(
                        path.toString(),
                        "its storage " + key + " should have " + storage.elements() + " elements, but its data has "
                                + count.getLong(0));
            }
            long bytes = storage.elements() * storage.dtype().bytes();
            position += Long.BYTES;
            if (bytes > channel.size() - position) {
                throw TorchCheckpoint.damaged(
                        path.toString(), "its storage " + key + " of " + bytes + " bytes is cut short");
            }
            if (places.put(storage.key(), new Place(position, bytes)) != null) {
                throw TorchCheckpoint.damaged(path.toString(), "it has data of storage " + key + " twice");
            }
            position += bytes;
        }
    }

    /** Returns the saved object, as read by {@link Unpickler}. */
    @Nullable
    Object object() {
        return object;
    }

    @Override
    public ByteOrder order() {
        return ByteOrder.LITTLE_ENDIAN;
    }

    @Override
    public long bytes(String key) {
        Place place = places.get(key);
        return place == null ? -1 : place.bytes;
    }

    @Override
    public byte[] read(String key, long from, int length) throws IOException {
        Place place = places.get(key);
        if (place == null) {
            throw TorchCheckpoint.damaged(path.toString(), "it has no data of storage " + key);
        }
        return read(place.position + from, length);
    }

    private byte[] read(long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw TorchCheckpoint.damaged(path.toString(), "its data is cut short");
            }
        }
        return buffer.array();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
