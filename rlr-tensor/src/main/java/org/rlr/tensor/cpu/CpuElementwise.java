package org.rlr.tensor.cpu;

import java.util.Arrays;
import java.util.List;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;
import org.rlr.tensor.cpu.ElementwiseKernels.AdamStep;

/** Elementwise primitives; splits them into ranges for the threads. */
final class CpuElementwise {
    /** Minimum elements per task for cheap functions. */
    static final int GRAIN = 1 << 14;
    /** Minimum elements per task for functions with an exponential. */
    static final int HEAVY_GRAIN = 1 << 12;
    /** Elements that several passes process while they are in the first-level cache. */
    private static final int BLOCK = 1 << 11;

    private final ElementwiseKernels kernels;
    private final Parallel parallel;

    CpuElementwise(ElementwiseKernels kernels, Parallel parallel) {
        this.kernels = kernels;
        this.parallel = parallel;
    }

    void copy(float[] src, int srcOffset, float[] dst, int dstOffset, int n) {
        parallel.forRange(
                n, 4 * GRAIN, (from, to) -> System.arraycopy(src, srcOffset + from, dst, dstOffset + from, to - from));
    }

    void fill(View dst, float value) {
        float[] d = CpuStorage.array(dst);
        int offset = dst.offset();
        parallel.forRange(dst.elements(), 4 * GRAIN, (from, to) -> Arrays.fill(d, offset + from, offset + to, value));
    }

    void unary(UnaryOp op, View x, View y) {
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        parallel.forRange(
                y.elements(),
                HEAVY_GRAIN,
                (from, to) -> kernels.unary(op, xs, x.offset() + from, ys, y.offset() + from, to - from));
    }

    void unaryBackward(UnaryOp op, View x, View y, View dy, View dx, boolean accumulate) {
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        float[] dys = CpuStorage.array(dy);
        float[] dxs = CpuStorage.array(dx);
        parallel.forRange(
                dx.elements(),
                HEAVY_GRAIN,
                (from, to) -> kernels.unaryBackward(
                        op,
                        xs,
                        x.offset() + from,
                        ys,
                        y.offset() + from,
                        dys,
                        dy.offset() + from,
                        dxs,
                        dx.offset() + from,
                        to - from,
                        accumulate));
    }

    void binary(BinaryOp op, View a, View b, View out, boolean accumulate) {
        if (out.elements() == 0) {
            return;
        }
        Broadcast plan = new Broadcast(out.shape(), a.shape(), b.shape());
        float[] as = CpuStorage.array(a);
        float[] bs = CpuStorage.array(b);
        float[] os = CpuStorage.array(out);
        int inner = plan.inner();
        int outer = plan.outer();
        if (outer == 1) {
            parallel.forRange(
                    inner,
                    GRAIN,
                    (from, to) -> run(
                            op,
                            as,
                            a.offset() + from * plan.aStep(),
                            plan.aStep(),
                            bs,
                            b.offset() + from * plan.bStep(),
                            plan.bStep(),
                            os,
                            out.offset() + from,
                            to - from,
                            accumulate));
            return;
        }
        parallel.forRange(outer, Math.max(1, GRAIN / inner), (from, to) -> {
            for (int i = from; i < to; i++) {
                run(
                        op,
                        as,
                        a.offset() + plan.aOffset(i),
                        plan.aStep(),
                        bs,
                        b.offset() + plan.bOffset(i),
                        plan.bStep(),
                        os,
                        out.offset() + i * inner,
                        inner,
                        accumulate);
            }
        });
    }

    private void run(
            BinaryOp op,
            float[] a,
            int ao,
            int aStep,
            float[] b,
            int bo,
            int bStep,
            float[] out,
            int oo,
            int n,
            boolean accumulate) {
        if (aStep == 0 && bStep == 0) {
            float value = ScalarElementwise.apply(op, a[ao], b[bo]);
            if (accumulate) {
                kernels.affine(out, oo, 1, value, out, oo, n, false);
            } else {
                Arrays.fill(out, oo, oo + n, value);
            }
        } else if (aStep == 0) {
            kernels.binaryLeftScalar(op, a[ao], b, bo, out, oo, n, accumulate);
        } else if (bStep == 0) {
            kernels.binaryRightScalar(op, a, ao, b[bo], out, oo, n, accumulate);
        } else {
            kernels.binary(op, a, ao, b, bo, out, oo, n, accumulate);
        }
    }

    void affine(View x, float scale, float shift, View y, boolean accumulate) {
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        parallel.forRange(
                y.elements(),
                GRAIN,
                (from, to) -> kernels.affine(
                        xs, x.offset() + from, scale, shift, ys, y.offset() + from, to - from, accumulate));
    }

    void weightedSum(List<View> xs, float[] weights, View y) {
        if (xs.isEmpty()) {
            fill(y, 0);
            return;
        }
        float[] ys = CpuStorage.array(y);
        float[][] arrays = xs.stream().map(CpuStorage::array).toArray(float[][]::new);
        parallel.forRange(y.elements(), GRAIN, (from, to) -> {
            for (int start = from; start < to; start += BLOCK) {
                int n = Math.min(to - start, BLOCK);
                for (int i = 0; i < arrays.length; i++) {
                    kernels.affine(
                            arrays[i], xs.get(i).offset() + start, weights[i], 0, ys, y.offset() + start, n, i > 0);
                }
            }
        });
    }

    void adam(View p, View g, View m, View v, AdamSettings settings, long step) {
        // The intended decimal value: 0.999f is 0.99900001287…, a relative error of 1e-5 in 1 − beta2.
        double beta1 = decimal(settings.beta1());
        double beta2 = decimal(settings.beta2());
        AdamStep constants = new AdamStep(
                (float) (1 - beta1),
                (float) beta2,
                (float) (1 - beta2),
                (float) (decimal(settings.learningRate()) / (1 - Math.pow(beta1, (double) step))),
                (float) Math.sqrt(1 - Math.pow(beta2, (double) step)),
                settings.epsilon());
        float[] ps = CpuStorage.array(p);
        float[] gs = CpuStorage.array(g);
        float[] ms = CpuStorage.array(m);
        float[] vs = CpuStorage.array(v);
        parallel.forRange(
                p.elements(),
                HEAVY_GRAIN,
                (from, to) -> kernels.adam(
                        ps,
                        p.offset() + from,
                        gs,
                        g.offset() + from,
                        ms,
                        m.offset() + from,
                        vs,
                        v.offset() + from,
                        to - from,
                        constants));
    }

    private static double decimal(float value) {
        return Double.parseDouble(Float.toString(value));
    }
}
