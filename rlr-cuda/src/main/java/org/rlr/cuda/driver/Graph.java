package org.rlr.cuda.driver;

import jcuda.CudaException;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * Work captured from a stream and launched as a whole, so that the host submits once instead of hundreds of times.
 * Kernels keep the arguments of the capture, including addresses.
 */
public final class Graph implements AutoCloseable {
    private final CUgraphExec executable = new CUgraphExec();
    private final Stream stream;

    private Graph(Stream stream, CUgraph captured) {
        this.stream = stream;
        JCudaDriver.cuGraphInstantiate(executable, captured, 0);
    }

    /**
     * Captures the work that the body submits to the stream, without running it. The body must not wait for the stream,
     * nor copy between it and the host.
     *
     * @throws NotCapturableException if the body does so
     * @throws CudaFailure if the driver refuses. Exceptions of the body are passed on. The stream is unchanged in both
     *     cases.
     */
    public static Graph capture(Stream stream, Runnable body) {
        stream.context().enter();
        try {
            // relaxed: the body may allocate memory
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
            why.addSuppressed(e); // the failure ended the capture: there is no graph
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

    /** Releases the graph; pending launches still run. */
    @Override
    public void close() {
        stream.context().enter();
        JCudaDriver.cuGraphExecDestroy(executable);
    }
}
