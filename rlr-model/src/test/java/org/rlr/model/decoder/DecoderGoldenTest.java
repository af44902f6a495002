package org.rlr.model.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.rlr.model.KernelSets;
import org.rlr.model.backbone.StateDict;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.UnaryOp;
import org.rlr.tensor.golden.GoldenFiles;
import org.rlr.tensor.golden.HashedTensors;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.nn.Parameter;

/**
 * PyTorch's decoder in double, with hashed weights and features: pictures, and the norms of the gradients of a training
 * step.
 */
class DecoderGoldenTest {
    private static final double TOLERANCE = 1e-5;
    /**
     * Relative error of one gradient's norm: in float32 a value near 0 may be on the other side of a ReLU than in
     * double, and a channel has few values (at worst 1.2e-3, scalar kernels).
     */
    private static final double NORM_TOLERANCE = 3e-3;
    /** Relative error of the norm of all gradients together (at worst 1.2e-4, scalar kernels). */
    private static final double TOTAL_TOLERANCE = 3e-4;

    @ParameterizedTest(name = "{0} kernels")
    @FieldSource("org.rlr.model.KernelSets#NAMES")
    void pictures(String kernels) {
        try (SafeTensorsFile golden = GoldenFiles.open("decoder");
                Backend backend = KernelSets.open(kernels)) {
            float[] f1 = hashed("f1", golden, 1, 200, 4, 4);
            check(golden, backend, "two_levels", List.of(72, 200), List.of(hashed("f0", golden, 1, 72, 8, 8), f1));
            check(
                    golden,
                    backend,
                    "three_levels",
                    List.of(40, 72, 200),
                    List.of(hashed("f0", golden, 1, 40, 16, 16), hashed("f1", golden, 1, 72, 8, 8), f1));
            assertEquals(0, backend.memory().used());
        }
    }

    private static void check(
            SafeTensorsFile golden, Backend backend, String name, List<Integer> channels, List<float[]> features) {
        try (DecoderNetwork network = network(golden, backend, channels, false);
                TensorScope scope = TensorScope.inference(backend)) {
            List<Tensor> maps = new ArrayList<>();
            for (int i = 0; i < features.size(); i++) {
                int side = (int) Math.sqrt(features.get(i).length / channels.get(i));
                maps.add(Tensor.of(features.get(i), 1, channels.get(i), side, side)
                        .permute(0, 2, 3, 1));
            }
            double error = GoldenFiles.error(
                    golden.readFloats(name),
                    network.forward(maps, false).permute(0, 3, 1, 2).toArray());
            assertTrue(error <= TOLERANCE, name + ": " + error + " of the largest value");
        }
    }

    @ParameterizedTest(name = "{0} kernels")
    @FieldSource("org.rlr.model.KernelSets#NAMES")
    void trainingStep(String kernels) {
        try (SafeTensorsFile golden = GoldenFiles.open("decoder");
                Backend backend = KernelSets.open(kernels);
                DecoderNetwork network = network(golden, backend, List.of(72, 200), true)) {
            double largest = golden.names().stream()
                    .filter(n -> n.startsWith("train.grad_norm."))
                    .mapToDouble(n -> golden.readFloats(n)[0])
                    .max()
                    .orElseThrow();
            try (TensorScope scope = TensorScope.open(backend)) {
                Tensor f0 = pair(hashed("f0", golden, 1, 72, 8, 8), -1, 72, 8);
                Tensor f1 = pair(hashed("f1", golden, 1, 200, 4, 4), 0.5f, 200, 4);
                Tensor target = pair(hashed("target", golden, 1, 3, 64, 64), 1, 3, 64);
                Tensor loss = network.forward(List.of(f0, f1), true)
                        .sub(target)
                        .apply(UnaryOp.SQUARE)
                        .mean();
                double expected = golden.readFloats("train.loss")[0];
                assertEquals(expected, loss.item(), TOLERANCE * expected);
                loss.backward();
            }
            List<String> wrong = new ArrayList<>();
            double total = 0;
            double expectedTotal = 0;
            Collection<Parameter> all = network.parameters().all();
            assertEquals(
                    golden.names().stream()
                            .filter(n -> n.startsWith("train.grad_norm."))
                            .count(),
                    all.size());
            for (Parameter p : all) {
                double expected = golden.readFloats("train.grad_norm." + p.name())[0];
                double sum = 0;
                for (float g : p.tensor().grad().toArray()) {
                    sum += (double) g * g;
                }
                total += sum;
                expectedTotal += expected * expected;
                if (!(Math.abs(Math.sqrt(sum) - expected) <= NORM_TOLERANCE * expected + 1e-7 * largest)) {
                    wrong.add(p.name() + " " + Math.sqrt(sum) + " instead of " + expected);
                }
            }
            assertEquals(List.of(), wrong);
            assertEquals(Math.sqrt(expectedTotal), Math.sqrt(total), TOTAL_TOLERANCE * Math.sqrt(expectedTotal));
        }
    }

    /** {@code [x; factor·x]}, channels last. */
    private static Tensor pair(float[] x, float factor, int channels, int side) {
        float[] both = new float[2 * x.length];
        for (int i = 0; i < x.length; i++) {
            both[i] = x[i];
            both[x.length + i] = factor * x[i];
        }
        return Tensor.of(both, 2, channels, side, side).permute(0, 2, 3, 1);
    }

    private static float[] hashed(String name, SafeTensorsFile golden, long... shape) {
        return HashedTensors.uniform(name, Long.parseLong(golden.metadata().get("seed")), shape);
    }

    private static DecoderNetwork network(
            SafeTensorsFile golden, Backend backend, List<Integer> channels, boolean training) {
        long seed = Long.parseLong(golden.metadata().get("seed"));
        DecoderNetwork network = new DecoderNetwork(channels, backend, training);
        Map<String, StateDict.Weight> weights = new LinkedHashMap<>();
        for (Parameter p : Stream.concat(network.parameters().all().stream(), network.buffers().all().stream())
                .toList()) {
            int[] extents = p.stateShape();
            long[] shape = Arrays.stream(extents).asLongStream().toArray();
            weights.put(p.name(), new StateDict.Weight(extents, HashedTensors.parameter(p.name(), seed, shape)));
        }
        network.load(StateDict.of(weights), "hashed");
        return network;
    }
}
