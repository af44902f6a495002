package org.rlr.cuda.driver;

import jcuda.CudaException;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/** A mark in a stream that the host can wait for. */
public final class Event implements AutoCloseable {
    private final CUevent event = new CUevent();
    private final Context context;

    /** @param timed whether {@link #millisecondsSince} is going to be asked, which makes marks dearer */
    public Event(Context context, boolean timed) {
        this.context = context;
        context.enter();
        JCudaDriver.cuEventCreate(
                event, timed ? CUevent_flags.CU_EVENT_DEFAULT : CUevent_flags.CU_EVENT_DISABLE_TIMING);
    }

    /** Sets the mark after all that was submitted to the stream. */
    public void record(Stream stream) {
        context.enter();
        JCudaDriver.cuEventRecord(event, stream.handle());
    }

    /** Waits until the stream has come to the mark; at once where none was set. */
    public void synchronize() {
        context.enter();
        try {
            JCudaDriver.cuEventSynchronize(event);
        } catch (CudaException e) {
            throw CudaFailure.of("waiting for the card", e);
        }
    }

    /** The card's time between two marks that both were reached. */
    public float millisecondsSince(Event earlier) {
        context.enter();
        float[] milliseconds = new float[1];
        JCudaDriver.cuEventElapsedTime(milliseconds, earlier.event, event);
        return milliseconds[0];
    }

    @Override
    public void close() {
        context.enter();
        JCudaDriver.cuEventDestroy(event);
    }
}
