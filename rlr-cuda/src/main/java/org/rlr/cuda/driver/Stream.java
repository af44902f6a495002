package org.rlr.cuda.driver;

import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import jcuda.CudaException;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * A queue of work on a card: what is submitted to it runs in that order. It does not wait for the default stream, nor
 * that for it.
 */
public final class Stream implements AutoCloseable {
    private static final int MOST_ARGUMENTS = 64;

    private final CUstream stream = new CUstream();
    private final Context context;
    private final boolean debug;
    /** Room for arguments that no launch uses: as much as threads prepare launches at once, up to a bound. */
    private final Queue<Kernel.Arguments> arguments = new ArrayBlockingQueue<>(MOST_ARGUMENTS);

    private boolean capturing;

    /** @param debug whether users of the stream are to trade speed for what it takes to find a mistake */
    public Stream(Context context, boolean debug) {
        this.context = context;
        this.debug = debug;
        context.enter();
        try {
            JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
        } catch (CudaException e) {
            throw CudaFailure.of("making a stream", e);
        }
    }

    /** The context it belongs to. */
    public Context context() {
        return context;
    }

    /** Whether every kernel is waited for, and memory neither rounded up nor kept for reuse. */
    public boolean debug() {
        return debug;
    }

    Queue<Kernel.Arguments> arguments() {
        return arguments;
    }

    void capturing(boolean is) {
        capturing = is;
    }

    /** Called by what cannot be part of a graph. @throws NotCapturableException if one is being captured */
    public void requireNoCapture(String what) {
        if (capturing) {
            throw new NotCapturableException(what);
        }
    }

    /** JCuda's object, for calls of libraries. */
    public CUstream handle() {
        return stream;
    }

    /** Waits until all that was submitted has run. @throws CudaFailure if some of it failed */
    public void synchronize() {
        requireNoCapture("waiting for the card");
        context.enter();
        try {
            JCudaDriver.cuStreamSynchronize(stream);
        } catch (CudaException e) {
            throw CudaFailure.of("waiting for the card", e);
        }
    }

    @Override
    public void close() {
        context.enter();
        JCudaDriver.cuStreamDestroy(stream);
    }
}
