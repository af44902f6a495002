package org.rlr.cuda.driver;

import jcuda.CudaException;
import jcuda.driver.JCudaDriver;

/**
 * Copies between Java arrays and the device, in the order of the stream. They use two pinned buffers in turn, because a
 * Java array may move during a copy: the host fills one while the card empties the other.
 */
public final class Transfers implements AutoCloseable {
    /** Values in a pinned buffer: 4 MiB, enough for the bus's full speed. */
    private static final int CHUNK = 1 << 20;

    private final Stream stream;
    private final PinnedBuffer[] buffers = new PinnedBuffer[2];
    private final Event[] done = new Event[2];
    private int next;

    /** Creates the transfers of a stream. */
    public Transfers(Stream stream) {
        this.stream = stream;
    }

    /** Copies to the device; the array may be changed when this returns. */
    public synchronized void upload(float[] src, int offset, DeviceBuffer dst, long byteOffset, int elements) {
        stream.requireNoCapture("a copy from the host");
        stream.context().enter();
        for (long from = 0; from < elements; from += CHUNK) {
            int n = (int) Math.min(CHUNK, elements - from);
            int turn = take();
            buffers[turn].floats().put(0, src, (int) (offset + from), n);
            try {
                JCudaDriver.cuMemcpyHtoDAsync(
                        dst.pointer(byteOffset + 4 * from), buffers[turn].pointer(), 4L * n, stream.handle());
            } catch (CudaException e) {
                throw CudaFailure.of("copying " + 4L * n + " bytes to the card", e);
            }
            done[turn].record(stream);
        }
    }

    /** Copies to the host, after all work submitted earlier. */
    public synchronized void download(DeviceBuffer src, long byteOffset, float[] dst, int offset, int elements) {
        stream.requireNoCapture("a copy to the host");
        stream.context().enter();
        int before = -1;
        // while a chunk is copied, the host reads the previous chunk from its buffer
        for (long from = 0; from < elements; from += CHUNK) {
            int n = (int) Math.min(CHUNK, elements - from);
            int turn = take();
            try {
                JCudaDriver.cuMemcpyDtoHAsync(
                        buffers[turn].pointer(), src.pointer(byteOffset + 4 * from), 4L * n, stream.handle());
            } catch (CudaException e) {
                throw CudaFailure.of("copying " + 4L * n + " bytes from the card", e);
            }
            done[turn].record(stream);
            if (before >= 0) {
                drain(before, dst, (int) (offset + from - CHUNK), CHUNK);
            }
            before = turn;
        }
        if (before >= 0) {
            int last = (elements - 1) / CHUNK * CHUNK;
            drain(before, dst, offset + last, elements - last);
        }
    }

    /** Copies on the device; the blocks may be the same if the bytes do not overlap. */
    public void copy(DeviceBuffer src, long srcOffset, DeviceBuffer dst, long dstOffset, long bytes) {
        if (bytes == 0) {
            return;
        }
        stream.context().enter();
        try {
            JCudaDriver.cuMemcpyDtoDAsync(dst.pointer(dstOffset), src.pointer(srcOffset), bytes, stream.handle());
        } catch (CudaException e) {
            throw CudaFailure.of("copying " + bytes + " bytes on the card", e);
        }
    }

    /** Sets a word on the device to these bits. */
    public void set(DeviceBuffer dst, long byteOffset, int bits) {
        stream.context().enter();
        try {
            JCudaDriver.cuMemsetD32Async(dst.pointer(byteOffset), bits, 1, stream.handle());
        } catch (CudaException e) {
            throw CudaFailure.of("setting a word on the card", e);
        }
    }

    private void drain(int turn, float[] dst, int at, int n) {
        done[turn].synchronize();
        buffers[turn].floats().get(0, dst, at, n);
    }

    /** Takes the next buffer, after its last copy has run. */
    private int take() {
        int turn = next;
        next ^= 1;
        if (buffers[turn] == null) {
            buffers[turn] = new PinnedBuffer(stream.context(), CHUNK);
            done[turn] = new Event(stream.context(), false);
        }
        done[turn].synchronize();
        return turn;
    }

    @Override
    public void close() {
        for (int i = 0; i < buffers.length; i++) {
            if (buffers[i] != null) {
                done[i].synchronize();
                done[i].close();
                buffers[i].close();
            }
        }
    }
}
