package org.rlr.bench;

import java.util.Map;
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
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.tensor.backend.View;

/**
 * C = A·B, Aᵀ·B or A·Bᵀ of single-precision matrices, on the shapes of the model's layers: forward (NT, weights are
 * stored [out, in]), gradient of the input (NN) and of the weights (TN), at 8 images of 32² tokens and width 256 or 16²
 * tokens and width 512.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class GemmBenchmark {
    /** Which operands are transposed, rows, columns and depth of the product. */
    @Param({
        "NN/1536/1536/1536",
        "NT/8192/256/256",
        "NT/8192/1024/256",
        "NT/8192/256/1024",
        "NN/8192/256/1024",
        "TN/256/1024/8192",
        "NT/2048/512/512",
        "NT/2048/2048/512",
        "TN/512/2048/2048",
        "NT/8192/256/72",
        "NT/1024/256/256"
    })
    public String shape;

    @Param({"rlr", "openblas", "torch", "ejml"})
    public String impl;

    /** The number of threads; 0 for all cores. EJML uses one. */
    @Param("0")
    public int threads;

    private Contender contender;

    @Setup(Level.Trial)
    public void start() {
        MatrixShape s = MatrixShape.parse(shape);
        Operand a = s.transA() ? Operands.random(1, s.depth(), s.rows()) : Operands.random(1, s.rows(), s.depth());
        Operand b =
                s.transB() ? Operands.random(2, s.columns(), s.depth()) : Operands.random(2, s.depth(), s.columns());
        contender = ours(s, a, b);
        if (!impl.equals("rlr")) {
            Contender ours = contender;
            ours.run();
            contender = switch (impl) {
                case "openblas" -> new OpenBlas(s, a.values(), b.values(), threads);
                case "ejml" -> new Ejml(s, a.values(), b.values());
                case "torch" ->
                    new TorchPeer(
                            "gemm",
                            Map.of("trans_a", s.transA(), "trans_b", s.transB(), "threads", threads),
                            Map.of("a", a, "b", b));
                default ->
                    throw new IllegalArgumentException(
                            "unknown implementation '" + impl + "'; use rlr, openblas, ejml or torch");
            };
            contender.run();
            Contender.requireSame(shape, ours.result(), contender.result(), 1e-4);
            ours.close();
        }
    }

    private Contender ours(MatrixShape s, Operand a, Operand b) {
        OurContender ours = new OurContender("cpu", threads);
        View x = ours.upload(a);
        View y = ours.upload(b);
        View product = ours.empty(s.rows(), s.columns());
        ours.work(backend -> backend.matmul(x, s.transA(), y, s.transB(), 1, product, false), product);
        return ours;
    }

    private record OpenBlas(MatrixShape s, float[] a, float[] b, float[] c, int threads) implements Contender {
        OpenBlas(MatrixShape s, float[] a, float[] b, int threads) {
            this(s, a, b, new float[s.rows() * s.columns()], threads);
            openblas.blas_set_num_threads(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
        }

        @Override
        public void run() {
            openblas.cblas_sgemm(
                    openblas.CblasRowMajor,
                    s.transA() ? openblas.CblasTrans : openblas.CblasNoTrans,
                    s.transB() ? openblas.CblasTrans : openblas.CblasNoTrans,
                    s.rows(),
                    s.columns(),
                    s.depth(),
                    1,
                    a,
                    s.transA() ? s.rows() : s.depth(),
                    b,
                    s.transB() ? s.depth() : s.columns(),
                    0,
                    c,
                    s.columns());
        }

        @Override
        public float[] result() {
            return c;
        }

        @Override
        public void close() {}
    }

    private record Ejml(MatrixShape s, FMatrixRMaj a, FMatrixRMaj b, FMatrixRMaj c) implements Contender {
        Ejml(MatrixShape s, float[] a, float[] b) {
            this(
                    s,
                    s.transA() ? FMatrixRMaj.wrap(s.depth(), s.rows(), a) : FMatrixRMaj.wrap(s.rows(), s.depth(), a),
                    s.transB()
                            ? FMatrixRMaj.wrap(s.columns(), s.depth(), b)
                            : FMatrixRMaj.wrap(s.depth(), s.columns(), b),
                    new FMatrixRMaj(s.rows(), s.columns()));
        }

        @Override
        public void run() {
            if (s.transA()) {
                CommonOps_FDRM.multTransA(a, b, c);
            } else if (s.transB()) {
                CommonOps_FDRM.multTransB(a, b, c);
            } else {
                CommonOps_FDRM.mult(a, b, c);
            }
        }

        @Override
        public float[] result() {
            return c.data;
        }

        @Override
        public void close() {}
    }

    @TearDown(Level.Trial)
    public void stop() {
        contender.close();
    }

    @Benchmark
    public void multiply() {
        contender.run();
    }
}
