package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.View;

/**
 * The bytes that a call of a compiled kernel allocates on all threads. The limits cover the kernels' own few objects; a
 * vector boxed in a loop, or a new array, is orders of magnitude more.
 */
class AllocationTest {
    private static final int SIDE = 16;
    private static final int TOKENS = SIDE * SIDE;
    private static final int WIDTH = 256;
    private static final int HEADS = 8;
    private static final int IMAGES = 2;
    private static final int ROUNDS = 200;
    private static final int CALLS = 20;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @CsvSource({"1, INSIDE", "1, OUTSIDE", "2, INSIDE", "2, OUTSIDE"})
    void attention(int threadCount, Locality locality) {
        try (OurContender c = new OurContender("cpu", threadCount)) {
            int valueImages = locality == Locality.INSIDE ? 1 : IMAGES;
            AttentionPattern pattern = new AttentionPattern(HEADS, SIDE, SIDE, 5, locality);
            View q = c.upload(Operands.random(1, IMAGES, TOKENS, WIDTH));
            View k = c.upload(Operands.random(2, 1, TOKENS, WIDTH));
            View v = c.upload(Operands.random(3, valueImages, TOKENS, WIDTH));
            View dout = c.upload(Operands.random(4, IMAGES, TOKENS, WIDTH));
            View out = c.empty(IMAGES, TOKENS, WIDTH);
            View lse = c.empty(IMAGES, HEADS, TOKENS);
            View dq = c.empty(IMAGES, TOKENS, WIDTH);
            View dk = c.empty(1, TOKENS, WIDTH);
            View dv = c.empty(valueImages, TOKENS, WIDTH);
            check("forward", c, b -> b.attention(q, k, v, pattern, out, lse), 2_200);
            check("backward", c, b -> b.attentionBackward(q, k, v, out, lse, dout, pattern, dq, dk, dv), 6_600);
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "2"})
    void layer(int threadCount) {
        try (OurContender c = new OurContender("cpu", threadCount)) {
            int rows = IMAGES * TOKENS;
            View x = c.upload(Operands.random(1, rows, WIDTH));
            View w = c.upload(Operands.random(2, WIDTH, WIDTH));
            View b = c.upload(Operands.random(3, WIDTH));
            View y = c.empty(rows, WIDTH);
            View z = c.empty(WIDTH, WIDTH);
            View mean = c.empty(rows);
            View rstd = c.empty(rows);
            View value = c.upload(new Operand(new float[1]));
            check("linear", c, backend -> backend.linear(x, w, b, Activation.GELU, null, y), 700);
            check("weights' gradient", c, backend -> backend.matmul(x, true, y, false, 1, z, false), 700);
            check("layerNorm", c, backend -> backend.layerNorm(x, b, b, 1e-5f, y, mean, rstd), 400);
            check("loss", c, backend -> backend.reconstructionLoss(x, y, value), 500);
        }
    }

    /** All kernels of a level in one process, each compiled after the others have changed the JVM's profiles. */
    @ParameterizedTest
    @CsvSource({"false", "true"})
    void level(boolean training) {
        int channels = 64;
        LevelConfig config = LevelConfig.builder(channels, SIDE, SIDE, WIDTH)
                .heads(HEADS)
                .layers(2)
                .windowSize(5)
                .build();
        Operand features = Operands.random(1, IMAGES, TOKENS, channels);
        try (OurLevel level = new OurLevel(config, features, training, 2)) {
            long result = 4L * IMAGES * TOKENS * channels;
            check(
                    training ? "a training step" : "a reconstruction",
                    level::run,
                    result + (training ? 200_000 : 60_000));
        }
    }

    private void check(String what, OurContender contender, Consumer<Backend> call, long limit) {
        contender.work(call, null);
        check(what, contender::run, limit);
    }

    private void check(String what, Runnable call, long limit) {
        long least = Long.MAX_VALUE;
        // until it is compiled, which may take long on a busy machine; code that really allocates never gets there
        for (int round = 0; round < ROUNDS && least > limit; round++) {
            long before = allocated();
            for (int i = 0; i < CALLS; i++) {
                call.run();
            }
            least = Math.min(least, (allocated() - before) / CALLS);
        }
        assertTrue(least <= limit, what + " allocates " + least + " bytes a call, more than " + limit);
    }

    private long allocated() {
        long sum = 0;
        for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
            sum += Math.max(0, bytes);
        }
        return sum;
    }
}
