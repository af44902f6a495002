package org.rlr.tensor.cpu;

import org.rlr.tensor.backend.View;

/**
 * Gradients of attention; recomputes the probabilities P from the log-sum-exp. With {@code dP = dO·Vᵀ} and {@code D =
 * rowsum(dO∘O)}: {@code dV = Pᵀ·dO}, {@code dS = P∘(dP − D)}, {@code dQ = dS·K·scale}, {@code dK = dSᵀ·Q·scale}.
 */
final class AttentionBackward extends AttentionTask {
    private final AttentionProblem.Tokens out;
    private final AttentionProblem.Tokens dout;
    private final float[] lse;
    private final int lseOffset;
    private final float[] dq;
    private final int dqOffset;
    private final int head;
    private final Sink keySink;
    private final Sink valueSink;

    /**
     * Receives the task's sum for one image, or for all its images if they share the tensor: {@code keyCount} rows from
     * {@code firstKey}.
     */
    interface Sink {
        void accept(int image, float[] sums, int rowStride, int firstKey, int keyCount);
    }

    AttentionBackward(
            AttentionKernels kernels,
            AttentionProblem problem,
            int head,
            int beginQuery,
            int endQuery,
            View out,
            View lse,
            View dout,
            View dq,
            Sink keySink,
            Sink valueSink) {
        super(kernels, problem, head, beginQuery, endQuery);
        this.head = head;
        this.out = new AttentionProblem.Tokens(out);
        this.dout = new AttentionProblem.Tokens(dout);
        this.lse = CpuStorage.array(lse);
        this.lseOffset = lse.offset();
        this.dq = CpuStorage.array(dq);
        this.dqOffset = dq.offset();
        this.keySink = keySink;
        this.valueSink = valueSink;
    }

    /** Computes the gradients for a range of images. */
    void run(int firstImage, int endImage) {
        int gradients = (keyCount + AttentionKernels.STRIP) * padded;
        for (int image = firstImage; image < endImage; image++) {
            if (image == firstImage || !problem.sharedKeys) {
                work.keysT = packTransposed(problem.k, image, work.keysT);
                work.keyRows = packRows(problem.k, image, firstKey, keyCount, work.keyRows);
                work.oddKeys.takeOut(kernels, work.keyRows, keyCount, padded);
                work.keyGradients = AttentionWorkspace.zeroed(work.keyGradients, gradients);
            }
            if (image == firstImage || !problem.sharedValues) {
                work.valuesT = packTransposed(problem.v, image, work.valuesT);
                work.valueGradients = AttentionWorkspace.zeroed(work.valueGradients, gradients);
            }
            blocks(image);
            if (image == endImage - 1 || !problem.sharedKeys) {
                for (int i = 0; i < gradients; i++) {
                    work.keyGradients[i] *= problem.scale;
                }
                keySink.accept(image, work.keyGradients, padded, firstKey, keyCount);
            }
            if (image == endImage - 1 || !problem.sharedValues) {
                valueSink.accept(image, work.valueGradients, padded, firstKey, keyCount);
            }
        }
    }

    @Override
    void block(int image, int query, int count) {
        int strip = AttentionKernels.STRIP;
        int strips = (count + strip - 1) / strip;
        work.queriesT = packStrips(problem.q, image, query, count, problem.scale, work.queriesT);
        work.gradientsT = packStrips(dout, image, query, count, 1f, work.gradientsT);
        work.queryRows = packRows(problem.q, image, query, count, work.queryRows);
        work.gradientRows = packRows(dout, image, query, count, work.gradientRows);
        work.result = AttentionWorkspace.zeroed(work.result, strips * strip * padded);
        work.tile = AttentionWorkspace.atLeast(work.tile, (DENSE_BLOCK + 1) * AttentionKernels.TILE);
        work.tileGradients = AttentionWorkspace.atLeast(work.tileGradients, (DENSE_BLOCK + 1) * AttentionKernels.TILE);
        boolean finite = prepareRows(image, query, count, strips * strip);
        if (finite) {
            work.oddQueries.none();
            work.oddGradients.none();
        } else {
            work.oddQueries.takeOut(kernels, work.queryRows, count, padded);
            work.oddGradients.takeOut(kernels, work.gradientRows, count, padded);
        }
        keys.start(query, count);
        while (keys.next()) {
            for (int s = 0; s < strips; s++) {
                int at = s * strip * AttentionKernels.TILE;
                multiplyStrip(work.queriesT, s, work.keysT, work.tile, at);
                multiplyStrip(work.gradientsT, s, work.valuesT, work.tileGradients, at);
                if (!keys.windowed) {
                    keys.forbid(work.tile, at, s * strip, Float.NEGATIVE_INFINITY);
                }
                kernels.exponentials(
                        work.tile,
                        at,
                        keys.width(),
                        keys.allowed,
                        keys.allowedStride,
                        work.shift,
                        s * strip,
                        work.sums,
                        s * strip * lanes);
                if (!finite) {
                    // if the log-sum-exp of a row is NaN, all its entries are NaN
                    keys.forbid(work.tile, at, s * strip, 0f);
                }
                kernels.gradients(work.tile, work.tileGradients, at, keys.width(), work.delta, s * strip);
                addStrip(work.tileGradients, at, work.keyRows, work.result, s);
                work.oddKeys.addKeys(keys, firstKey, work.tileGradients, at, s * strip, work.result);
            }
            addTransposed(work.tile, count, work.gradientRows, work.valueGradients);
            addTransposed(work.tileGradients, count, work.queryRows, work.keyGradients);
            work.oddGradients.addQueries(keys, firstKey, work.tile, work.valueGradients);
            work.oddQueries.addQueries(keys, firstKey, work.tileGradients, work.keyGradients);
        }
        for (int i = 0; i < count; i++) {
            int to = dqOffset + (image * problem.queries + query + i) * problem.width + channel;
            for (int c = 0; c < headDim; c++) {
                dq[to + c] = work.result[i * padded + c] * problem.scale;
            }
        }
    }

    /**
     * Computes per row of the block the log-sum-exp (0 if all entries are forbidden) and D. Returns false if any of
     * them is not finite, which happens if a query or an output gradient is not finite.
     */
    private boolean prepareRows(int image, int query, int count, int rows) {
        work.shift = AttentionWorkspace.zeroed(work.shift, rows);
        work.delta = AttentionWorkspace.zeroed(work.delta, rows);
        work.sums = AttentionWorkspace.zeroed(work.sums, rows * lanes);
        boolean finite = true;
        for (int i = 0; i < count; i++) {
            float logSum = lse[lseOffset + (image * problem.heads + head) * problem.queries + query + i];
            work.shift[i] = logSum == Float.NEGATIVE_INFINITY ? 0f : logSum;
            work.delta[i] = dot(
                    dout.data,
                    dout.at(image, query + i, channel),
                    out.data,
                    out.at(image, query + i, channel),
                    headDim);
            finite &= Float.isFinite(logSum) && Float.isFinite(work.delta[i]);
        }
        return finite;
    }

    /** {@code gradients += tileᵀ·rows} for the keys of the tile. */
    private void addTransposed(float[] tile, int count, float[] rows, float[] gradients) {
        for (int s = 0; s < keys.segments; s++) {
            int key = keys.key[s] - firstKey;
            for (int i = 0; i < keys.length; i += AttentionKernels.STRIP) {
                kernels.addTransposed(
                        Math.min(AttentionKernels.STRIP, keys.length - i),
                        count,
                        tile,
                        s * keys.columns + i,
                        rows,
                        0,
                        padded,
                        lanes,
                        panels,
                        gradients,
                        (key + i) * padded,
                        padded);
            }
        }
    }
}
