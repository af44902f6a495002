package org.rlr.cuda.driver;

import jcuda.CudaException;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/** An event in a stream, which the host can wait for. */
public final class Event implements AutoCloseable {
    private final CUevent event = new CUevent();
    private final Context context;

    /** @param timed whether {@link #millisecondsSince} will be called, which makes events slower */
    public Event(Context context, boolean timed) {
        this.context = context;
        context.enter();
        JCudaDriver.cuEventCreate(
                event, timed ? CUevent_flags.CU_EVENT_DEFAULT : CUevent_flags.CU_EVENT_DISABLE_TIMING);
    }

    /** Records this event after all work submitted to the stream so far. */
    public void record(Stream stream) {
        context.enter();
        JCudaDriver.cuEventRecord(event, stream.handle());
    }

    /** Waits until the stream reaches this event; returns at once if it was not recorded. */
    public void synchronize() {
        context.enter();
        try {
            JCudaDriver.cuEventSynchronize(event);
        } catch (CudaException e) {
            throw CudaFailure.of("waiting for the card", e);
        }
    }

    /** The card's time between two events that were both reached. */
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
