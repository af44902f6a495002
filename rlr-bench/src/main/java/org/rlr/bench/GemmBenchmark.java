package org.rlr.bench;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.bytedeco.openblas.global.openblas;
import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.CommonOps_FDRM;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.View;

/**
 * C = A·B, Aᵀ·B or A·Bᵀ of single-precision matrices, on the shapes of the model's layers: forward (NT, weights being stored [out, in]),
 * gradient of the input (NN) and of the weights (TN), at 8 images of 32² tokens and width 256 or 16² tokens and width 512.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 8, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class GemmBenchmark {
    /** Which operands are transposed, rows, columns and depth of the product. */
    @Param({"NN/1536/1536/1536", "NT/8192/256/256", "NT/8192/1024/256", "NT/8192/256/1024", "NN/8192/256/1024", "TN/256/1024/8192", "NT/2048/512/512",
        "NT/2048/2048/512", "TN/512/2048/2048", "NT/8192/256/72", "NT/1024/256/256"})
    public String shape;

    @Param({"rlr", "openblas", "ejml"})
    public String impl;

    /** 0: as many as there are cores. EJML has one. */
    @Param("0")
    public int threads;

    private Backend backend;
    private DeviceViews views;
    private Runnable product;

    @Setup(Level.Trial)
    public void start() {
        MatrixShape s = MatrixShape.parse(shape);
        switch (impl) {
            case "rlr" -> {
                backend = Backends.open("cpu", threads);
                views = new DeviceViews(backend);
                View a = views.normal(s.transA() ? s.depth() : s.rows(), s.transA() ? s.rows() : s.depth());
                View b = views.normal(s.transB() ? s.columns() : s.depth(), s.transB() ? s.depth() : s.columns());
                View c = views.empty(s.rows(), s.columns());
                product = () -> backend.matmul(a, s.transA(), b, s.transB(), 1, c, false);
            }
            case "openblas" -> {
                openblas.blas_set_num_threads(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
                float[] a = values(s.rows() * s.depth());
                float[] b = values(s.depth() * s.columns());
                float[] c = new float[s.rows() * s.columns()];
                product = () -> openblas.cblas_sgemm(openblas.CblasRowMajor, s.transA() ? openblas.CblasTrans : openblas.CblasNoTrans,
                        s.transB() ? openblas.CblasTrans : openblas.CblasNoTrans, s.rows(), s.columns(), s.depth(), 1, a, s.transA() ? s.rows() : s.depth(), b,
                        s.transB() ? s.depth() : s.columns(), 0, c, s.columns());
            }
            case "ejml" -> {
                FMatrixRMaj a = matrix(s.transA() ? s.depth() : s.rows(), s.transA() ? s.rows() : s.depth());
                FMatrixRMaj b = matrix(s.transB() ? s.columns() : s.depth(), s.transB() ? s.depth() : s.columns());
                FMatrixRMaj c = new FMatrixRMaj(s.rows(), s.columns());
                product = s.transA() ? () -> CommonOps_FDRM.multTransA(a, b, c)
                        : s.transB() ? () -> CommonOps_FDRM.multTransB(a, b, c) : () -> CommonOps_FDRM.mult(a, b, c);
            }
            default -> throw new IllegalArgumentException("no implementation '" + impl + "'; there are rlr, openblas and ejml");
        }
    }

    private static float[] values(int n) {
        return DeviceViews.gaussian(new Random(2), n);
    }

    private static FMatrixRMaj matrix(int rows, int columns) {
        return FMatrixRMaj.wrap(rows, columns, values(rows * columns));
    }

    @TearDown(Level.Trial)
    public void stop() {
        if (views != null) {
            views.close();
        }
    }

    @Benchmark
    public void multiply() {
        product.run();
    }
}
