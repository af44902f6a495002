package org.rlr.cuda.lib;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionFwdAlgo;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnDeterminism;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;

/**
 * The plan of cuDNN for one {@link Dnn.Problem}: descriptors, algorithm and workspace size. Its {@link Dnn} closes it.
 */
public final class DnnPlan implements AutoCloseable {
    private static final int FLOAT = cudnnDataType.CUDNN_DATA_FLOAT;
    private static final int FORMAT = cudnnTensorFormat.CUDNN_TENSOR_NHWC;
    /** The largest workspace: the allocator keeps its block, so a faster algorithm is not worth more memory. */
    private static final long MOST_WORKSPACE = 512L << 20;

    private static final Pointer ONE = Pointer.to(new float[] {1});
    private static final Pointer ZERO = Pointer.to(new float[] {0});

    private final cudnnHandle handle;
    private final boolean tensorCores;
    private final Dnn.Problem problem;
    private final List<Runnable> descriptors = new ArrayList<>();
    private final cudnnTensorDescriptor x = new cudnnTensorDescriptor();
    private final cudnnTensorDescriptor y = new cudnnTensorDescriptor();
    private final cudnnFilterDescriptor w = new cudnnFilterDescriptor();
    private final cudnnConvolutionDescriptor convolution = new cudnnConvolutionDescriptor();
    private int algorithm;
    private long workspaceBytes;

    private DnnPlan(cudnnHandle handle, boolean tensorCores, Dnn.Problem problem) {
        this.handle = handle;
        this.tensorCores = tensorCores;
        this.problem = problem;
    }

    /** The result of cuDNN's heuristics for an algorithm. */
    private record Candidate(int algorithm, int status, int determinism, int math) {}

    /** A plan with the first allowed algorithm that cuDNN's heuristics recommend; empty if none is allowed. */
    static Optional<DnnPlan> of(cudnnHandle handle, boolean tensorCores, Dnn.Problem problem) {
        DnnPlan plan = described(handle, tensorCores, problem);
        try {
            for (Candidate c : plan.candidates()) {
                if (plan.take(c)) {
                    return Optional.of(plan);
                }
            }
        } catch (RuntimeException e) {
            plan.close();
            throw e;
        }
        plan.close();
        return Optional.empty();
    }

    /**
     * A plan with descriptors but no algorithm, which needs no card. @throws IllegalArgumentException if cuDNN computes
     * another output shape for the problem's input
     */
    static DnnPlan described(cudnnHandle handle, boolean tensorCores, Dnn.Problem problem) {
        DnnPlan plan = new DnnPlan(handle, tensorCores, problem);
        try {
            plan.describe();
            return plan;
        } catch (RuntimeException e) {
            plan.close();
            throw e;
        }
    }

    private void describe() {
        Dnn.Problem p = problem;
        JCudnn.cudnnCreateTensorDescriptor(x);
        descriptors.add(() -> JCudnn.cudnnDestroyTensorDescriptor(x));
        JCudnn.cudnnSetTensor4dDescriptor(x, FORMAT, FLOAT, p.images(), p.channels(), p.height(), p.width());
        JCudnn.cudnnCreateTensorDescriptor(y);
        descriptors.add(() -> JCudnn.cudnnDestroyTensorDescriptor(y));
        JCudnn.cudnnSetTensor4dDescriptor(y, FORMAT, FLOAT, p.images(), p.outChannels(), p.outHeight(), p.outWidth());
        JCudnn.cudnnCreateFilterDescriptor(w);
        descriptors.add(() -> JCudnn.cudnnDestroyFilterDescriptor(w));
        JCudnn.cudnnSetFilter4dDescriptor(w, FLOAT, FORMAT, p.outChannels(), p.channels(), p.kernel(), p.kernel());
        JCudnn.cudnnCreateConvolutionDescriptor(convolution);
        descriptors.add(() -> JCudnn.cudnnDestroyConvolutionDescriptor(convolution));
        JCudnn.cudnnSetConvolution2dDescriptor(
                convolution,
                p.top(),
                p.left(),
                p.stride(),
                p.stride(),
                1,
                1,
                cudnnConvolutionMode.CUDNN_CROSS_CORRELATION,
                FLOAT);
        math(tensorCores ? cudnnMathType.CUDNN_DEFAULT_MATH : cudnnMathType.CUDNN_FMA_MATH);
        int[][] extents = new int[4][1];
        JCudnn.cudnnGetConvolution2dForwardOutputDim(convolution, x, w, extents[0], extents[1], extents[2], extents[3]);
        if (extents[0][0] != p.images()
                || extents[1][0] != p.outChannels()
                || extents[2][0] != p.outHeight()
                || extents[3][0] != p.outWidth()) {
            throw new IllegalArgumentException("the " + p + " gives " + extents[0][0] + "x" + extents[2][0] + "x"
                    + extents[3][0] + "x" + extents[1][0]);
        }
    }

    private void math(int type) {
        JCudnn.cudnnSetConvolutionMathType(convolution, type);
    }

    /** The candidates; runs on the host only, submits nothing. */
    private List<Candidate> candidates() {
        int[] count = new int[1];
        try {
            switch (problem.pass()) {
                case FORWARD -> {
                    var found = fill(
                            new cudnnConvolutionFwdAlgoPerf[cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_COUNT],
                            cudnnConvolutionFwdAlgoPerf::new);
                    JCudnn.cudnnGetConvolutionForwardAlgorithm_v7(
                            handle, x, w, convolution, y, found.length, count, found);
                    return Stream.of(found)
                            .limit(count[0])
                            .map(f -> new Candidate(f.algo, f.status, f.determinism, f.mathType))
                            .toList();
                }
                case INPUT_GRADIENT -> {
                    var found = fill(
                            new cudnnConvolutionBwdDataAlgoPerf
                                    [cudnnConvolutionBwdDataAlgo.CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT],
                            cudnnConvolutionBwdDataAlgoPerf::new);
                    JCudnn.cudnnGetConvolutionBackwardDataAlgorithm_v7(
                            handle, w, y, convolution, x, found.length, count, found);
                    return Stream.of(found)
                            .limit(count[0])
                            .map(f -> new Candidate(f.algo, f.status, f.determinism, f.mathType))
                            .toList();
                }
                default -> {
                    var found = fill(
                            new cudnnConvolutionBwdFilterAlgoPerf
                                    [cudnnConvolutionBwdFilterAlgo.CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT],
                            cudnnConvolutionBwdFilterAlgoPerf::new);
                    JCudnn.cudnnGetConvolutionBackwardFilterAlgorithm_v7(
                            handle, x, y, convolution, w, found.length, count, found);
                    return Stream.of(found)
                            .limit(count[0])
                            .map(f -> new Candidate(f.algo, f.status, f.determinism, f.mathType))
                            .toList();
                }
            }
        } catch (ArrayIndexOutOfBoundsException e) {
            // if cuDNN refuses, it does not set the number of results, and the binding reads an uninitialised one
            return List.of();
        } catch (CudaException e) {
            if (Dnn.notSupported(e)) {
                return List.of();
            }
            throw e;
        }
    }

    private static <T> T[] fill(T[] array, Supplier<T> element) {
        Arrays.setAll(array, i -> element.get());
        return array;
    }

    /** Takes a candidate if it is allowed and its workspace is small enough. @return whether it did */
    private boolean take(Candidate c) {
        if (c.status != 0
                || c.determinism != cudnnDeterminism.CUDNN_DETERMINISTIC
                || !byDefinition(c.algorithm)
                || c.math == cudnnMathType.CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION) {
            return false;
        }
        if (tensorCores) {
            math(c.math); // the recommendation is for this way of multiplying; without tensor cores it stays as
            // described
        }
        long[] bytes = new long[1];
        try {
            switch (problem.pass()) {
                case FORWARD ->
                    JCudnn.cudnnGetConvolutionForwardWorkspaceSize(handle, x, w, convolution, y, c.algorithm, bytes);
                case INPUT_GRADIENT ->
                    JCudnn.cudnnGetConvolutionBackwardDataWorkspaceSize(
                            handle, w, y, convolution, x, c.algorithm, bytes);
                default ->
                    JCudnn.cudnnGetConvolutionBackwardFilterWorkspaceSize(
                            handle, x, y, convolution, w, c.algorithm, bytes);
            }
        } catch (CudaException e) {
            if (Dnn.notSupported(e)) {
                return false;
            }
            throw e;
        }
        algorithm = c.algorithm;
        workspaceBytes = bytes[0];
        return workspaceBytes <= MOST_WORKSPACE;
    }

    /** Whether an algorithm sums by the definition; Fourier and Winograd transforms round differently. */
    private boolean byDefinition(int a) {
        return switch (problem.pass()) {
            case FORWARD ->
                a == cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM
                        || a == cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM
                        || a == cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_GEMM
                        || a == cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_DIRECT;
            case INPUT_GRADIENT -> a == cudnnConvolutionBwdDataAlgo.CUDNN_CONVOLUTION_BWD_DATA_ALGO_1;
            case WEIGHT_GRADIENT -> a == cudnnConvolutionBwdFilterAlgo.CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1;
        };
    }

    Dnn.Problem problem() {
        return problem;
    }

    /** The bytes of device memory that {@link Dnn#run} needs in addition to the operands. */
    public long workspaceBytes() {
        return workspaceBytes;
    }

    void submit(Pointer input, Pointer weights, Pointer output, Pointer workspace, boolean accumulate) {
        Pointer beta = accumulate ? ONE : ZERO;
        switch (problem.pass()) {
            case FORWARD ->
                JCudnn.cudnnConvolutionForward(
                        handle,
                        ONE,
                        x,
                        input,
                        w,
                        weights,
                        convolution,
                        algorithm,
                        workspace,
                        workspaceBytes,
                        beta,
                        y,
                        output);
            case INPUT_GRADIENT ->
                JCudnn.cudnnConvolutionBackwardData(
                        handle,
                        ONE,
                        w,
                        weights,
                        y,
                        output,
                        convolution,
                        algorithm,
                        workspace,
                        workspaceBytes,
                        beta,
                        x,
                        input);
            default ->
                JCudnn.cudnnConvolutionBackwardFilter(
                        handle,
                        ONE,
                        x,
                        input,
                        y,
                        output,
                        convolution,
                        algorithm,
                        workspace,
                        workspaceBytes,
                        beta,
                        w,
                        weights);
        }
    }

    @Override
    public void close() {
        descriptors.forEach(Runnable::run);
        descriptors.clear();
    }
}
