package org.rlr.cuda.lib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionFwdAlgo;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlr.cuda.driver.Card;
import org.rlr.cuda.driver.Context;
import org.rlr.cuda.driver.DeviceAllocator;
import org.rlr.cuda.driver.DeviceBuffer;
import org.rlr.cuda.driver.Graph;
import org.rlr.cuda.driver.NotCapturableException;
import org.rlr.cuda.driver.Stream;
import org.rlr.cuda.driver.Transfers;
import org.rlr.cuda.lib.Dnn.Pass;
import org.rlr.cuda.lib.Dnn.Problem;
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.RlrException;

/** Plans and their limits; the stand-in's cuDNN detects errors of its caller. */
@Tag(StandIn.TAG)
class DnnTest {
    private static final int SIDE = 6;
    private static final int CHANNELS = 4;
    private static final int OUT = 3;
    private static final int INPUTS = SIDE * SIDE * CHANNELS;
    private static final int WEIGHTS = OUT * 9 * CHANNELS;
    private static final int OUTPUTS = SIDE * SIDE * OUT;

    private Context context;
    private Stream stream;
    private DeviceAllocator allocator;
    private Transfers transfers;
    private Dnn dnn;

    @BeforeAll
    static void load() {
        StandIn.load();
    }

    @BeforeEach
    void open() {
        context = new Context(Card.of(0));
        stream = new Stream(context, true);
        allocator = new DeviceAllocator(stream);
        transfers = new Transfers(stream);
        dnn = new Dnn(stream, false);
    }

    @AfterEach
    void close() {
        dnn.close();
        transfers.close();
        allocator.close();
        stream.close();
        context.close();
    }

    private static Problem problem(Pass pass, int padding) {
        int out = SIDE + 2 * padding - 2;
        return new Problem(pass, 1, SIDE, SIDE, CHANNELS, out, out, OUT, 3, 1, padding, padding);
    }

    private DeviceBuffer written(int floats) {
        DeviceBuffer buffer = allocator.allocate(4L * floats);
        transfers.upload(new float[floats], 0, buffer, 0, floats);
        return buffer;
    }

    private String failure(
            Pass pass, DeviceBuffer x, DeviceBuffer w, DeviceBuffer y, DeviceBuffer workspace, boolean accumulate) {
        DnnPlan plan = dnn.plan(problem(pass, 1)).orElseThrow();
        return assertThrows(
                        RlrException.class,
                        () -> dnn.run(plan, x.pointer(0), w.pointer(0), y.pointer(0), workspace.pointer(0), accumulate))
                .getMessage();
    }

    private DeviceBuffer workspace(Pass pass) {
        return allocator.allocate(dnn.plan(problem(pass, 1)).orElseThrow().workspaceBytes());
    }

    @ParameterizedTest
    @EnumSource
    void aPlanIsMadeOnceAndNeverOfAnAlgorithmWhoseSumsHaveNoFixedOrder(Pass pass) {
        DnnPlan plan = dnn.plan(problem(pass, 1)).orElseThrow();
        assertSame(plan, dnn.plan(problem(pass, 1)).orElseThrow());
        // the stand-in first recommends another algorithm, and refuses to compute with it
        dnn.run(
                plan,
                written(INPUTS).pointer(0),
                written(WEIGHTS).pointer(0),
                written(OUTPUTS).pointer(0),
                workspace(pass).pointer(0),
                true);
    }

    @ParameterizedTest
    @EnumSource
    void whatCudnnDoesNotComputeHasNoPlan(Pass pass) {
        assertEquals(Optional.empty(), dnn.plan(problem(pass, 4)));
        assertEquals(Optional.empty(), dnn.plan(problem(pass, 4)));
    }

    @Test
    void anOutputThatIsNotTheConvolutionsIsRefused() {
        Problem wrong = new Problem(Pass.FORWARD, 1, SIDE, SIDE, CHANNELS, SIDE, SIDE - 1, OUT, 3, 1, 1, 1);
        assertEquals(
                "the " + wrong + " gives 1x6x6x3",
                assertThrows(IllegalArgumentException.class, () -> dnn.plan(wrong))
                        .getMessage());
    }

    @Test
    void noAlgorithmIsChosenWhileAGraphIsCaptured() {
        Problem known = problem(Pass.FORWARD, 1);
        DnnPlan plan = dnn.plan(known).orElseThrow();
        assertThrows(
                NotCapturableException.class, () -> Graph.capture(stream, () -> dnn.plan(problem(Pass.FORWARD, 0))));
        Graph.capture(stream, () -> assertSame(plan, dnn.plan(known).orElseThrow()))
                .close();
    }

    @Test
    void operandsAreChecked() {
        DeviceBuffer x = written(INPUTS);
        DeviceBuffer w = written(WEIGHTS);
        DeviceBuffer y = written(OUTPUTS);
        DeviceBuffer workspace = workspace(Pass.FORWARD);
        String shortInput = failure(Pass.FORWARD, written(INPUTS - 1), w, y, workspace, false);
        assertTrue(
                shortInput.startsWith(
                                "cuDNN failed to compute the forward of a 3x3 convolution, stride 1, padding 1x1, of "
                                        + "1x6x6x4 to 6x6x3: ")
                        && shortInput.contains("x: out of bounds: byte " + 4 * (INPUTS - 1) + " of an allocation of "
                                + 4 * (INPUTS - 1) + " bytes"),
                shortInput);
        assertTrue(failure(Pass.FORWARD, x, w, allocator.allocate(4L * (OUTPUTS - 1)), workspace, false)
                .contains("y: out of bounds"));
        assertTrue(failure(Pass.FORWARD, x, allocator.allocate(4L * WEIGHTS), y, workspace, false)
                .contains("w: never written"));
        assertTrue(failure(Pass.FORWARD, x, w, y, allocator.allocate(workspace.bytes() - 4), false)
                .contains("workspace: out of bounds"));
        assertTrue(failure(Pass.INPUT_GRADIENT, allocator.allocate(4L * INPUTS), w, y, workspace, true)
                .contains("x: never written"));
        assertTrue(failure(Pass.WEIGHT_GRADIENT, x, written(WEIGHTS - 1), y, workspace, false)
                .contains("w: out of bounds"));
    }

    /** Calls JCudnn directly with arguments that {@link DnnPlan} never uses. */
    @Test
    void descriptorsAreChecked() {
        cudnnHandle handle = new cudnnHandle();
        cudnnTensorDescriptor x = new cudnnTensorDescriptor();
        cudnnTensorDescriptor y = new cudnnTensorDescriptor();
        cudnnFilterDescriptor w = new cudnnFilterDescriptor();
        cudnnConvolutionDescriptor c = new cudnnConvolutionDescriptor();
        JCudnn.cudnnCreate(handle);
        JCudnn.cudnnCreateTensorDescriptor(x);
        JCudnn.cudnnCreateTensorDescriptor(y);
        JCudnn.cudnnCreateFilterDescriptor(w);
        JCudnn.cudnnCreateConvolutionDescriptor(c);
        int format = cudnnTensorFormat.CUDNN_TENSOR_NHWC;
        int type = cudnnDataType.CUDNN_DATA_FLOAT;
        refused(
                2000,
                "not a tensor of float32, channels last",
                () -> JCudnn.cudnnSetTensor4dDescriptor(
                        x, cudnnTensorFormat.CUDNN_TENSOR_NCHW, type, 1, CHANNELS, SIDE, SIDE));
        refused(
                2000,
                "not a tensor of float32, channels last",
                () -> JCudnn.cudnnSetTensor4dDescriptor(x, format, type, 0, CHANNELS, SIDE, SIDE));
        JCudnn.cudnnSetTensor4dDescriptor(x, format, type, 1, CHANNELS, SIDE, SIDE);
        JCudnn.cudnnSetTensor4dDescriptor(y, format, type, 1, OUT, SIDE, SIDE);
        JCudnn.cudnnSetFilter4dDescriptor(w, type, format, OUT, CHANNELS, 3, 3);
        refused(2000, "a descriptor was not set", () -> size(handle, x, w, c, y));
        refused(
                2000,
                "not a cross-correlation",
                () -> JCudnn.cudnnSetConvolution2dDescriptor(
                        c, 1, 1, 1, 1, 1, 1, cudnnConvolutionMode.CUDNN_CONVOLUTION, type));
        JCudnn.cudnnSetConvolution2dDescriptor(c, 0, 1, 1, 1, 1, 1, cudnnConvolutionMode.CUDNN_CROSS_CORRELATION, type);
        refused(
                2008,
                "the convolution gives 4x6x3 of 4 channels, the descriptor has 6x6x3 of 4",
                () -> size(handle, x, w, c, y));
        JCudnn.cudnnSetConvolution2dDescriptor(c, 1, 1, 1, 1, 1, 1, cudnnConvolutionMode.CUDNN_CROSS_CORRELATION, type);
        long needed = size(handle, x, w, c, y);
        Pointer one = Pointer.to(new float[] {1});
        refused(
                2006,
                "a workspace of " + (needed - 1) + " bytes, " + needed + " are needed",
                () -> JCudnn.cudnnConvolutionForward(
                        handle,
                        one,
                        x,
                        written(INPUTS).pointer(0),
                        w,
                        written(WEIGHTS).pointer(0),
                        c,
                        cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM,
                        allocator.allocate(needed).pointer(0),
                        needed - 1,
                        Pointer.to(new float[] {0}),
                        y,
                        written(OUTPUTS).pointer(0)));
        JCudnn.cudnnDestroyConvolutionDescriptor(c);
        JCudnn.cudnnDestroyFilterDescriptor(w);
        JCudnn.cudnnDestroyTensorDescriptor(y);
        JCudnn.cudnnDestroyTensorDescriptor(x);
        JCudnn.cudnnDestroy(handle);
    }

    private static long size(
            cudnnHandle handle,
            cudnnTensorDescriptor x,
            cudnnFilterDescriptor w,
            cudnnConvolutionDescriptor c,
            cudnnTensorDescriptor y) {
        long[] bytes = new long[1];
        JCudnn.cudnnGetConvolutionForwardWorkspaceSize(
                handle, x, w, c, y, cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, bytes);
        return bytes[0];
    }

    private static void refused(int status, String why, Runnable call) {
        assertTrue(assertThrows(CudaException.class, call::run).getMessage().endsWith(": " + status));
        String explanation = JCudnn.cudnnGetErrorString(status);
        assertTrue(explanation.contains(why), explanation);
    }
}
