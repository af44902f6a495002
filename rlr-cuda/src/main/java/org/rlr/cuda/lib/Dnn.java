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
 * Convolutions by cuDNN: without groups, channels last, float32. One handle on one stream; only algorithms whose sums
 * have a fixed order and are those of the definition (no Fourier or Winograd transform), so that the same call gives
 * the same bits. Descriptors and the algorithm of a problem are made once and kept.
 */
public final class Dnn implements AutoCloseable {
    /** What of a convolution is computed. */
    public enum Pass {
        /** y of x and w. */
        FORWARD,
        /** dx of w and dy. */
        INPUT_GRADIENT,
        /** dw of x and dy. */
        WEIGHT_GRADIENT
    }

    /**
     * A convolution: x {@code [images, height, width, channels]}, w {@code [outChannels, kernel, kernel, channels]}, y
     * {@code [images, outHeight, outWidth, outChannels]}.
     *
     * @param top zeros above and as many below
     * @param left zeros on the left and as many on the right
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
    /** The statuses of cuDNN 9 from CUDNN_STATUS_NOT_SUPPORTED on. */
    private static final int FIRST_NOT_SUPPORTED = 3000;

    private static final int LAST_NOT_SUPPORTED = 3999;

    private final Stream stream;
    private final boolean tensorCores;
    private final cudnnHandle handle = new cudnnHandle();
    private final Map<Problem, Optional<DnnPlan>> plans = new HashMap<>();

    /**
     * cuDNN on a stream.
     *
     * @param tensorCores whether tensor cores may round the factors to TF32, ten bits after the point; sums stay in
     *     float32
     * @throws ResourceException if it does not start, as on a card that it does not know
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
                    "see that it is made for this card and driver",
                    e);
        }
    }

    /** As in "9.5.1". */
    public static String version() {
        long version = JCudnn.cudnnGetVersion();
        return version / 10000 + "." + version / 100 % 100 + "." + version % 100;
    }

    /**
     * How cuDNN computes a problem; empty, with a line in the log the first time, where it cannot with an algorithm as
     * above.
     *
     * @throws org.rlr.cuda.driver.NotCapturableException if the stream is captured and the problem is a new one
     */
    public synchronized Optional<DnnPlan> plan(Problem problem) {
        Optional<DnnPlan> plan = plans.get(problem);
        if (plan == null) {
            stream.requireNoCapture("choosing an algorithm of cuDNN");
            stream.context().enter();
            try {
                plan = DnnPlan.of(handle, tensorCores, problem);
            } catch (CudaException e) {
                throw failure(problem, e);
            }
            if (plan.isEmpty()) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "cuDNN has no deterministic algorithm for the " + problem + "; own kernels compute it");
            }
            plans.put(problem, plan);
        }
        return plan;
    }

    /**
     * Submits a problem.
     *
     * @param x the input, or where its gradient goes
     * @param w the weights, or where their gradient goes
     * @param y where the output goes, or the upstream gradient
     * @param workspace of {@link DnnPlan#workspaceBytes()}, contents undefined before and after
     * @param accumulate whether the result is added to what is there; if not, there may be anything before
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
                "cuDNN failed at the " + problem + ": " + explanation(e),
                "with -Drlr.cuda.cudnn=false own kernels compute it",
                e);
    }

    /** Whether a call failed because cuDNN has no such computation. */
    static boolean notSupported(CudaException e) {
        return notSupported(status(e));
    }

    /** Whether a status of cuDNN 9 says that it has no such computation. */
    static boolean notSupported(int status) {
        return status >= FIRST_NOT_SUPPORTED && status <= LAST_NOT_SUPPORTED;
    }

    /**
     * JCudnn knows the statuses of cuDNN 8 by name; of those of cuDNN 9 it tells the number, -1 where it tells none.
     */
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
