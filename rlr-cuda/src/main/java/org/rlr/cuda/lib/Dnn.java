package org.rlr.cuda.lib;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnHandle;
import jcuda.runtime.cudaStream_t;
import org.rlr.cuda.driver.Stream;
import org.rlr.tensor.ResourceException;

/**
 * Convolutions by cuDNN: without groups, channels last, float32. Results are bit-identical: it uses one handle on one
 * stream, and only algorithms that sum in a fixed order by the definition (no Fourier or Winograd transform). The
 * descriptors and the algorithm of a problem are cached.
 */
public final class Dnn implements AutoCloseable {
    /** The pass of a convolution. */
    public enum Pass {
        /** Computes y from x and w. */
        FORWARD,
        /** Computes dx from w and dy. */
        INPUT_GRADIENT,
        /** Computes dw from x and dy. */
        WEIGHT_GRADIENT
    }

    /**
     * A convolution: x {@code [images, height, width, channels]}, w {@code [outChannels, kernel, kernel, channels]}, y
     * {@code [images, outHeight, outWidth, outChannels]}.
     *
     * @param top rows of zeros above, and the same number below
     * @param left columns of zeros on the left, and the same number on the right
     */
    public record Problem(
            Pass pass,
            int images,
            int height,
            int width,
            int channels,
            int outHeight,
            int outWidth,
            int outChannels,
            int kernel,
            int stride,
            int top,
            int left) {
        @Override
        public String toString() {
            return pass.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ') + " of a " + kernel + "x" + kernel
                    + " convolution, stride " + stride + ", padding " + top + "x" + left + ", of " + images + "x"
                    + height + "x" + width + "x" + channels + " to " + outHeight + "x" + outWidth + "x" + outChannels;
        }
    }

    private static final System.Logger LOG = System.getLogger(Dnn.class.getName());
    private static final Pattern STATUS = Pattern.compile("\\d+$");
    /** The range of cuDNN 9 statuses that begins with CUDNN_STATUS_NOT_SUPPORTED. */
    private static final int FIRST_NOT_SUPPORTED = 3000;

    private static final int LAST_NOT_SUPPORTED = 3999;

    private final Stream stream;
    private final boolean tensorCores;
    private final cudnnHandle handle = new cudnnHandle();
    private final Map<Problem, Optional<DnnPlan>> plans = new HashMap<>();

    /**
     * Starts cuDNN on a stream.
     *
     * @param tensorCores whether tensor cores may round the factors to TF32, with ten fraction bits; sums stay in
     *     float32
     * @throws ResourceException if it does not start, as on a card that it does not support
     */
    public Dnn(Stream stream, boolean tensorCores) {
        this.stream = stream;
        this.tensorCores = tensorCores;
        stream.context().enter();
        try {
            JCudnn.cudnnCreate(handle);
            JCudnn.cudnnSetStream(handle, new cudaStream_t(stream.handle()));
        } catch (CudaException e) {
            throw new ResourceException(
                    ResourceException.Resource.BACKEND,
                    "cuDNN " + version() + " cannot start (" + explanation(e) + ")",
                    "check that it supports this card and driver",
                    e);
        }
    }

    /** The version, as in "9.5.1". */
    public static String version() {
        long version = JCudnn.cudnnGetVersion();
        return version / 10000 + "." + version / 100 % 100 + "." + version % 100;
    }

    /**
     * The plan of cuDNN for a problem. Empty, with a log line the first time, if no algorithm is allowed.
     *
     * @throws org.rlr.cuda.driver.NotCapturableException during a capture, if the problem is new
     */
    public synchronized Optional<DnnPlan> plan(Problem problem) {
        Optional<DnnPlan> plan = plans.get(problem);
        if (plan == null) {
            stream.requireNoCapture("choosing a cuDNN algorithm");
            stream.context().enter();
            try {
                plan = DnnPlan.of(handle, tensorCores, problem);
            } catch (CudaException e) {
                throw failure(problem, e);
            }
            if (plan.isEmpty()) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "cuDNN has no deterministic algorithm for the " + problem + "; using own kernels");
            }
            plans.put(problem, plan);
        }
        return plan;
    }

    /**
     * Submits a problem.
     *
     * @param x the input, or the destination of its gradient
     * @param w the weights, or the destination of their gradient
     * @param y the destination of the output, or the upstream gradient
     * @param workspace memory of {@link DnnPlan#workspaceBytes()}, contents undefined before and after
     * @param accumulate whether to add to the destination; if not, its previous contents are ignored
     */
    public synchronized void run(DnnPlan plan, Pointer x, Pointer w, Pointer y, Pointer workspace, boolean accumulate) {
        stream.context().enter();
        try {
            plan.submit(x, w, y, workspace, accumulate);
        } catch (CudaException e) {
            throw failure(plan.problem(), e);
        }
        if (stream.debug()) {
            stream.synchronize();
        }
    }

    private static ResourceException failure(Problem problem, CudaException e) {
        return new ResourceException(
                ResourceException.Resource.BACKEND,
                "cuDNN failed to compute the " + problem + ": " + explanation(e),
                "use own kernels instead with -Drlr.cuda.cudnn=false",
                e);
    }

    /** Whether a call failed because cuDNN does not support the computation. */
    static boolean notSupported(CudaException e) {
        return notSupported(status(e));
    }

    /** Whether a cuDNN 9 status means that it does not support the computation. */
    static boolean notSupported(int status) {
        return status >= FIRST_NOT_SUPPORTED && status <= LAST_NOT_SUPPORTED;
    }

    /** The number of a cuDNN 9 status, which JCudnn puts in the message; -1 for cuDNN 8 statuses, which it names. */
    private static int status(CudaException e) {
        Matcher number = STATUS.matcher(String.valueOf(e.getMessage()));
        return number.find() ? Integer.parseInt(number.group()) : -1;
    }

    private static String explanation(CudaException e) {
        return status(e) < 0 ? String.valueOf(e.getMessage()) : JCudnn.cudnnGetErrorString(status(e));
    }

    @Override
    public synchronized void close() {
        stream.context().enter();
        plans.values().forEach(plan -> plan.ifPresent(DnnPlan::close));
        plans.clear();
        JCudnn.cudnnDestroy(handle);
    }
}
