package org.rlr.cuda.driver;

import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import jcuda.CudaException;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** A queue of work on a card, run in the order of submission. It and the default stream do not wait for each other. */
public final class Stream implements AutoCloseable {
    private static final int MOST_ARGUMENTS = 64;

    private final CUstream stream = new CUstream();
    private final Context context;
    private final boolean debug;
    /** Free argument memory: one for each thread that prepares a launch at the same time, up to a bound. */
    private final Queue<Kernel.Arguments> arguments = new ArrayBlockingQueue<>(MOST_ARGUMENTS);

    private boolean capturing;

    /** @param debug whether users of the stream run slowly but easy to debug */
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

    /** The context of this stream. */
    public Context context() {
        return context;
    }

    /** Whether to wait for every kernel, and allocate memory without rounding up or reuse. */
    public boolean debug() {
        return debug;
    }

    Queue<Kernel.Arguments> arguments() {
        return arguments;
    }

    void capturing(boolean is) {
        capturing = is;
    }

    /** Called before work that cannot be part of a graph. @throws NotCapturableException during a capture */
    public void requireNoCapture(String what) {
        if (capturing) {
            throw new NotCapturableException(what);
        }
    }

    /** JCuda's object, for library calls. */
    public CUstream handle() {
        return stream;
    }

    /** Waits until all submitted work has run. @throws CudaFailure if any of it failed */
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
