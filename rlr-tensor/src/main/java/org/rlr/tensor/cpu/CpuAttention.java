package org.rlr.tensor.cpu;

import java.util.Arrays;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.View;

/**
 * Local attention on the CPU: splits the work into tasks of one head, a range of images and a range of queries, and
 * runs them with {@link AttentionForward} and {@link AttentionBackward}. Results are bit-identical for any number of
 * threads: the split of the backward pass, and so the order of its sums, depends only on the shapes; the forward pass
 * computes a block of queries in the same way in any task.
 */
final class CpuAttention {
    /** Target number of tasks of the backward pass; more tasks balance better but sum more partial results. */
    private static final int BACKWARD_TASKS = 16;

    private final AttentionKernels kernels;
    private final Parallel parallel;

    CpuAttention(AttentionKernels kernels, Parallel parallel) {
        this.kernels = kernels;
        this.parallel = parallel;
    }

    /** See {@link org.rlr.tensor.backend.Backend#attention}. */
    void forward(View q, View k, View v, AttentionPattern pattern, View out, View lse) {
        AttentionProblem problem = new AttentionProblem(q, k, v, pattern);
        float[] outArray = CpuStorage.array(out);
        float[] lseArray = CpuStorage.array(lse);
        Cut cut = new Cut(problem, parallel.threads() == 1 ? 1 : 4 * parallel.threads());
        float[] keyNorms = keyNorms(problem);
        parallel.forEach(
                cut.tasks(),
                task -> new AttentionForward(
                                kernels,
                                problem,
                                keyNorms,
                                cut.head(task),
                                cut.beginQuery(task),
                                cut.endQuery(task),
                                outArray,
                                out.offset(),
                                lseArray,
                                lse.offset())
                        .run(cut.beginImage(task), cut.endImage(task)));
    }

    /**
     * The largest norm of each head's keys per image, which decides how a block is computed. It covers all keys,
     * including those that a task cannot see, so that the decision does not depend on the split.
     */
    private float[] keyNorms(AttentionProblem problem) {
        int count = problem.heads * (problem.sharedKeys ? 1 : problem.images);
        AttentionWorkspace work = Scratch.attention();
        float[] norms = AttentionWorkspace.atLeast(work.keyNorms, count);
        work.keyNorms = norms;
        parallel.forEach(
                count,
                i -> norms[i] = problem.largestNorm(problem.k, i % problem.heads, i / problem.heads, 0, problem.keys));
        return norms;
    }

    /** See {@link org.rlr.tensor.backend.Backend#attentionBackward}. */
    void backward(
            View q,
            View k,
            View v,
            View out,
            View lse,
            View dout,
            AttentionPattern pattern,
            View dq,
            View dk,
            View dv) {
        AttentionProblem problem = new AttentionProblem(q, k, v, pattern);
        Cut cut = new Cut(problem, BACKWARD_TASKS);
        AttentionWorkspace work = Scratch.attention();
        Sums keySums = new Sums(dk, problem, cut, problem.sharedKeys, work.keySlots);
        Sums valueSums = new Sums(dv, problem, cut, problem.sharedValues, work.valueSlots);
        work.keySlots = keySums.slots;
        work.valueSlots = valueSums.slots;
        parallel.forEach(
                cut.tasks(),
                task -> new AttentionBackward(
                                kernels,
                                problem,
                                cut.head(task),
                                cut.beginQuery(task),
                                cut.endQuery(task),
                                out,
                                lse,
                                dout,
                                dq,
                                keySums.sink(task),
                                valueSums.sink(task))
                        .run(cut.beginImage(task), cut.endImage(task)));
        keySums.reduce(parallel);
        valueSums.reduce(parallel);
    }

    /** The split of the work into tasks by head, range of images and range of queries. */
    private static final class Cut {
        private final AttentionProblem problem;
        private final int groups;
        private final int imagesPerGroup;
        private final int chunks;
        private final int queriesPerChunk;

        /**
         * Images that share keys or values stay in one task if there are enough tasks, so that these are packed once.
         */
        Cut(AttentionProblem problem, int wanted) {
            this.problem = problem;
            boolean shared = problem.sharedKeys || problem.sharedValues;
            int images = Math.max(1, problem.images);
            imagesPerGroup = shared ? ceil(images, Math.min(images, ceil(wanted, problem.heads))) : 1;
            groups = ceil(problem.images, imagesPerGroup);
            int unit =
                    problem.pattern.locality() == Locality.INSIDE ? problem.pattern.width() : AttentionTask.DENSE_BLOCK;
            int units = ceil(problem.queries, unit);
            int pieces = Math.min(units, ceil(wanted, problem.heads * Math.max(1, groups)));
            queriesPerChunk = ceil(units, pieces) * unit;
            chunks = ceil(problem.queries, queriesPerChunk);
        }

        private static int ceil(int a, int b) {
            return (a + b - 1) / b;
        }

        int tasks() {
            return problem.heads * groups * chunks;
        }

        int head(int task) {
            return task / (groups * chunks);
        }

        int group(int task) {
            return task / chunks % groups;
        }

        int chunk(int task) {
            return task % chunks;
        }

        int beginImage(int task) {
            return group(task) * imagesPerGroup;
        }

        int endImage(int task) {
            return Math.min(problem.images, beginImage(task) + imagesPerGroup);
        }

        int beginQuery(int task) {
            return chunk(task) * queriesPerChunk;
        }

        int endQuery(int task) {
            return Math.min(problem.queries, beginQuery(task) + queriesPerChunk);
        }
    }

    /**
     * Collects the gradients of keys or values: directly if one task has the whole sum, otherwise through one slot per
     * contribution.
     */
    private static final class Sums {
        private final float[] result;
        private final int offset;
        private final int elements;
        private final AttentionProblem problem;
        private final Cut cut;
        private final boolean shared;
        private final int contributions;
        final float[] slots;

        Sums(View gradient, AttentionProblem problem, Cut cut, boolean shared, float[] buffer) {
            this.problem = problem;
            this.cut = cut;
            this.shared = shared;
            result = CpuStorage.array(gradient);
            offset = gradient.offset();
            elements = gradient.elements();
            contributions = shared ? cut.groups * cut.chunks : cut.chunks;
            slots = contributions > 1
                    ? AttentionWorkspace.atLeast(buffer, Math.multiplyExact(contributions, elements))
                    : buffer;
        }

        AttentionBackward.Sink sink(int task) {
            int slot = shared ? cut.group(task) * cut.chunks + cut.chunk(task) : cut.chunk(task);
            int channel = cut.head(task) * problem.headDim;
            float[] to = contributions > 1 ? slots : result;
            int base = contributions > 1 ? slot * elements : offset;
            return (image, sums, rowStride, firstKey, keyCount) -> {
                int start = base + (shared ? 0 : image * problem.keys * problem.width) + channel;
                for (int key = 0; key < problem.keys; key++) {
                    int at = start + key * problem.width;
                    if (key >= firstKey && key < firstKey + keyCount) {
                        System.arraycopy(sums, (key - firstKey) * rowStride, to, at, problem.headDim);
                    } else {
                        Arrays.fill(to, at, at + problem.headDim, 0f);
                    }
                }
            };
        }

        /** Adds the slots in a fixed order. */
        void reduce(Parallel parallel) {
            if (contributions == 1) {
                return;
            }
            if (contributions == 0) {
                Arrays.fill(result, offset, offset + elements, 0f);
                return;
            }
            parallel.forRange(elements, 1 << 14, (from, to) -> {
                System.arraycopy(slots, from, result, offset + from, to - from);
                for (int slot = 1; slot < contributions; slot++) {
                    add(slots, slot * elements + from, result, offset + from, to - from);
                }
            });
        }

        private static void add(float[] from, int fromOffset, float[] to, int toOffset, int n) {
            for (int i = 0; i < n; i++) {
                to[toOffset + i] += from[fromOffset + i];
            }
        }
    }
}
