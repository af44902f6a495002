package org.rlr.tensor.io;

import java.io.IOException;
import java.nio.ByteOrder;

/** Where the data of a checkpoint's storages lie. May be used by several threads. */
interface TorchData extends AutoCloseable {
    /** The byte order of the data. */
    ByteOrder order();

    /** The length of a storage's data in bytes; -1 where there is none of that key. */
    long bytes(String key);

    /** Reads a part of a storage's data that lies inside it. @throws TensorFileException if the data are damaged */
    byte[] read(String key, long from, int length) throws IOException;

    @Override
    void close() throws IOException;
}
