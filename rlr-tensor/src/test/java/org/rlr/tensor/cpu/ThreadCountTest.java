package org.rlr.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.backend.View;

/** The number of threads changes no bit of a result: a model gives the same scores on a machine with more cores. */
class ThreadCountTest {

    private static CpuKernels kernels(String name) {
        return name.equals("scalar") ? new ScalarKernels() : KernelChoice.vector();
    }

    @ParameterizedTest
    @ValueSource(strings = {"scalar", "vector"})
    void resultsDoNotDependOnThreads(String name) {
        List<float[]> one = compute(kernels(name), 1);
        for (int threads : new int[] {2, 3, 7}) {
            List<float[]> several = compute(kernels(name), threads);
            for (int i = 0; i < one.size(); i++) {
                assertArrayEquals(one.get(i), several.get(i), "result " + i + " with " + threads + " threads");
            }
        }
    }

    private static List<float[]> compute(CpuKernels kernels, int threads) {
        Random random = new Random(5);
        List<float[]> results = new ArrayList<>();
        List<View> views = new ArrayList<>();
        try (Backend backend = new CpuBackend(kernels, threads)) {
            int rows = 533;
            int n = 307;
            View x = filled(backend, random, views, rows, n);
            View w = filled(backend, random, views, 211, n);
            View bias = filled(backend, random, views, 211);
            View gamma = filled(backend, random, views, n);
            View small = filled(backend, random, views, 18_013);
            for (UnaryOp op : List.of(UnaryOp.GELU, UnaryOp.TANH, UnaryOp.SIGMOID, UnaryOp.EXP)) {
                View y = filled(backend, random, views, 18_013);
                backend.unary(op, small, y);
                results.add(read(backend, y));
                View dy = filled(backend, random, views, 18_013);
                backend.unaryBackward(op, small, y, dy, dy, false);
                results.add(read(backend, dy));
            }
            View y = filled(backend, random, views, rows, 211);
            backend.linear(x, w, bias, Activation.GELU, null, y);
            results.add(read(backend, y));
            View dw = filled(backend, random, views, 211, n);
            backend.matmul(y, true, x, false, 1, dw, true);
            results.add(read(backend, dw));
            View normal = filled(backend, random, views, rows, n);
            View mean = filled(backend, random, views, rows);
            View rstd = filled(backend, random, views, rows);
            backend.layerNorm(x, gamma, gamma, 1e-5f, normal, mean, rstd);
            results.add(read(backend, normal));
            View dx = filled(backend, random, views, rows, n);
            View dgamma = filled(backend, random, views, n);
            View dbeta = filled(backend, random, views, n);
            backend.layerNormBackward(x, gamma, mean, rstd, normal, dx, true, dgamma, dbeta);
            results.add(read(backend, dx));
            results.add(read(backend, dgamma));
            results.add(read(backend, dbeta));
            backend.layerNormOfSum(
                    List.of(x, dx), new float[] {2, 0.5f}, gamma, gamma, 1e-5f, null, normal, mean, rstd);
            results.add(read(backend, normal));
            View dz = filled(backend, random, views, rows, n);
            backend.layerNormOfSumBackward(
                    x,
                    new float[] {2, 0.5f},
                    gamma,
                    mean,
                    rstd,
                    normal,
                    List.of(dx, dz),
                    new boolean[] {false, true},
                    dgamma,
                    dbeta);
            results.add(read(backend, dx));
            results.add(read(backend, dz));
            results.add(read(backend, dgamma));
            View columns = filled(backend, random, views, n);
            backend.sumTo(x, columns, false);
            results.add(read(backend, columns));
            View total = filled(backend, random, views);
            backend.sumTo(x, total, false);
            results.add(read(backend, total));
            backend.reconstructionLoss(x, normal, total);
            results.add(read(backend, total));
            View product = filled(backend, random, views, rows, n);
            backend.binary(BinaryOp.MUL, x, mean.reshape(Shape.of(rows, 1)), product, true);
            results.add(read(backend, product));
            backend.softmax(x, product);
            results.add(read(backend, product));
            backend.featureJitter(x, 20, null, 3, 4, product);
            results.add(read(backend, product));
            views.forEach(v -> v.storage().release());
        }
        return results;
    }

    private static View filled(Backend backend, Random random, List<View> views, int... extents) {
        Shape shape = Shape.of(extents);
        float[] values = new float[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        View view = new View(backend.allocate(values.length), 0, shape);
        backend.upload(values, 0, view);
        views.add(view);
        return view;
    }

    private static float[] read(Backend backend, View view) {
        float[] values = new float[view.elements()];
        backend.download(view, values, 0);
        return values;
    }
}
