package org.rlr.cuda.driver;

import jcuda.CudaException;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * Work captured from a stream, which is then launched as a whole: the host submits one thing instead of hundreds.
 * Kernels keep the arguments that they were captured with, addresses too.
 */
public final class Graph implements AutoCloseable {
    private final CUgraphExec executable = new CUgraphExec();
    private final Stream stream;

    private Graph(Stream stream, CUgraph captured) {
        this.stream = stream;
        JCudaDriver.cuGraphInstantiate(executable, captured, 0);
    }

    /**
     * Captures what the body submits to the stream, without running it. In the body the stream must not be waited for,
     * nor anything be copied between it and the host.
     *
     * @throws NotCapturableException if the body does so
     * @throws CudaFailure if the driver refuses; what the body throws is passed on; the stream is as before in either
     *     case
     */
    public static Graph capture(Stream stream, Runnable body) {
        stream.context().enter();
        try {
            // relaxed: memory may be allocated meanwhile
            JCudaDriver.cuStreamBeginCapture(stream.handle(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED);
        } catch (CudaException e) {
            throw CudaFailure.of("beginning to capture a graph", e);
        }
        CUgraph captured = new CUgraph();
        try {
            stream.capturing(true);
            body.run();
        } catch (RuntimeException | Error e) {
            abandon(stream, captured, e);
            throw e;
        } finally {
            stream.capturing(false);
        }
        try {
            JCudaDriver.cuStreamEndCapture(stream.handle(), captured);
        } catch (CudaException e) {
            throw CudaFailure.of("capturing a graph", e);
        }
        try {
            return new Graph(stream, captured);
        } catch (CudaException e) {
            throw CudaFailure.of("making a graph ready to launch", e);
        } finally {
            JCudaDriver.cuGraphDestroy(captured);
        }
    }

    private static void abandon(Stream stream, CUgraph captured, Throwable why) {
        try {
            JCudaDriver.cuStreamEndCapture(stream.handle(), captured);
            JCudaDriver.cuGraphDestroy(captured);
        } catch (CudaException e) {
            why.addSuppressed(e); // the capture was ended by what went wrong: there is no graph
        }
    }

    /** Submits the graph to its stream. */
    public void launch() {
        stream.context().enter();
        try {
            JCudaDriver.cuGraphLaunch(executable, stream.handle());
            if (stream.debug()) {
                JCudaDriver.cuStreamSynchronize(stream.handle());
            }
        } catch (CudaException e) {
            throw CudaFailure.of("launching a graph", e);
        }
    }

    /** Gives the graph back; a launch that has not run yet still does. */
    @Override
    public void close() {
        stream.context().enter();
        JCudaDriver.cuGraphExecDestroy(executable);
    }
}
