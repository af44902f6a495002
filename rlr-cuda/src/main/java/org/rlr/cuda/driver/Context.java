package org.rlr.cuda.driver;

import jcuda.CudaException;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;

/** A card's primary context, which all users of the card in this process share. */
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
     * Makes this the context of the calling thread. Every method that calls the driver begins with it, because any
     * thread may come in.
     */
    public void enter() {
        try {
            JCudaDriver.cuCtxSetCurrent(context);
        } catch (CudaException e) {
            throw CudaFailure.of("entering card " + card.ordinal(), e);
        }
    }

    /** Gives the context back; the second time does nothing. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            JCudaDriver.cuDevicePrimaryCtxRelease(device);
        }
    }
}
