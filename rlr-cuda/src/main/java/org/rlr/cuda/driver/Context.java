package org.rlr.cuda.driver;

import jcuda.CudaException;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;

/** The primary context of a card, shared by all users of the card in this process. */
public final class Context implements AutoCloseable {
    private final Card card;
    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private boolean closed;

    /** Retains the context of a card. */
    public Context(Card card) {
        this.card = card;
        try {
            JCudaDriver.cuDeviceGet(device, card.ordinal());
            JCudaDriver.cuDevicePrimaryCtxRetain(context, device);
        } catch (CudaException e) {
            throw CudaFailure.of("starting card " + card.ordinal(), e);
        }
    }

    /** The card. */
    public Card card() {
        return card;
    }

    /**
     * Makes this the context of the calling thread. Every method that calls the driver calls this first, because it may
     * run on any thread.
     */
    public void enter() {
        try {
            JCudaDriver.cuCtxSetCurrent(context);
        } catch (CudaException e) {
            throw CudaFailure.of("entering card " + card.ordinal(), e);
        }
    }

    /** Releases the context; a second call does nothing. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            JCudaDriver.cuDevicePrimaryCtxRelease(device);
        }
    }
}
