package org.rlr.cuda;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.cuda.driver.DeviceBuffer;
import org.rlr.cuda.driver.Graph;
import org.rlr.tensor.backend.Capture;

/**
 * A captured graph. Kernels read the few numbers that change between runs from a block of device memory, which is set
 * before each launch.
 */
final class CudaCapture implements Capture {
    /** A training step has one jitter (two words) and one or a few optimiser steps (two words each). */
    private static final int WORDS = 64;

    /** The bits of a number that changes, for the run {@code ahead} steps after the captured one. */
    @FunctionalInterface
    interface Moving {
        int bits(long ahead, float learningRate);
    }

    private final CudaEngine engine;
    private final long step;
    private final int streamsPerStep;
    private final DeviceBuffer words;
    private final List<Moving> moving = new ArrayList<>();
    private @Nullable Graph graph;

    private CudaCapture(CudaEngine engine, long step, int streamsPerStep) {
        this.engine = engine;
        this.step = step;
        this.streamsPerStep = streamsPerStep;
        words = engine.allocator.allocate(4 * WORDS);
    }

    /** Captures the body. @throws IllegalStateException if it does not free all memory that it allocated */
    static CudaCapture of(CudaEngine engine, long step, int streamsPerStep, Runnable body) {
        CudaCapture capture = new CudaCapture(engine, step, streamsPerStep);
        try {
            engine.allocator.reserving(true);
            engine.capture(capture);
            capture.graph = Graph.capture(engine.stream, body);
        } catch (RuntimeException | Error e) {
            capture.giveBack();
            throw e;
        } finally {
            engine.capture(null);
            engine.allocator.reserving(false);
        }
        engine.captures++;
        if (engine.allocator.reservedInUse()) {
            capture.close();
            throw new IllegalStateException(
                    "the captured body has not freed all its memory; close its tensors in the body");
        }
        return capture;
    }

    int streamsPerStep() {
        return streamsPerStep;
    }

    /** The device address of words that hold these numbers for each run of the graph. */
    long place(Moving... numbers) {
        if (moving.size() + numbers.length > WORDS) {
            throw new IllegalStateException("more than " + WORDS + " words change from run to run of a capture");
        }
        long address = words.address() + 4L * moving.size();
        moving.addAll(List.of(numbers));
        return address;
    }

    @Override
    public void run(long now, float learningRate) {
        if (graph == null) {
            throw new IllegalStateException("use of a capture after it was closed");
        }
        for (int i = 0; i < moving.size(); i++) {
            engine.transfers.set(words, 4L * i, moving.get(i).bits(now - step, learningRate));
        }
        graph.launch();
    }

    @Override
    public void close() {
        if (graph != null) {
            graph.close();
            graph = null;
            engine.captures--;
            giveBack();
        }
    }

    private void giveBack() {
        engine.allocator.release(words);
        if (engine.captures == 0) {
            engine.allocator.unreserve();
        }
    }
}
