package org.rlr.tensor.io;

import java.io.IOException;
import java.nio.ByteOrder;

/** The data of a checkpoint's storages. Thread-safe. */
interface TorchData extends AutoCloseable {
    /** The byte order of the data. */
    ByteOrder order();

    /** The length of a storage's data in bytes; -1 for an unknown key. */
    long bytes(String key);

    /** Reads a range inside a storage's data. @throws TensorFileException if the data is damaged */
    byte[] read(String key, long from, int length) throws IOException;

    @Override
    void close() throws IOException;
}
