package org.rlr.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlr.model.config.GateMode;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.golden.GoldenFiles;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.nn.Adam;
import org.rlr.tensor.nn.Parameter;
import org.rlr.tensor.nn.ParameterSet;

/**
 * One level's transformer against PyTorch's numbers: forward, loss, every gradient, five Adam steps; on both kernel
 * sets.
 */
class RlrGoldenTest {
    static final List<String> NAMES = List.of(
            "mca-nsa",
            "grid32",
            "grid64",
            "all-blocks",
            "msa-only",
            "gate",
            "gate-net",
            "ref-len-2",
            "ca-ref-len-2",
            "ca-beside-mca-ref-len-3");
    private static final double TOLERANCE = 1e-5;

    static Stream<String[]> cases() {
        return KernelSets.NAMES.stream().flatMap(kernels -> NAMES.stream().map(name -> new String[] {kernels, name}));
    }

    @ParameterizedTest(name = "{1} on {0} kernels")
    @MethodSource("cases")
    void agreesWithTheReferenceImplementation(String kernels, String name) {
        try (Backend backend = KernelSets.open(kernels)) {
            check(backend, name);
        }
    }

    /** Runs one case on a backend. */
    @SuppressWarnings("try") // scopes only have to be open
    static void check(Backend backend, String name) {
        try (SafeTensorsFile golden = GoldenFiles.open("rlr-" + name)) {
            Map<String, String> m = golden.metadata();
            @SuppressWarnings("unchecked")
            List<String> blocks = new Gson().fromJson(m.get("blocks"), List.class);
            int grid = Integer.parseInt(m.get("grid"));
            LevelConfig config = LevelConfig.builder(
                            Integer.parseInt(m.get("c")), grid, grid, Integer.parseInt(m.get("d")))
                    .heads(Integer.parseInt(m.get("heads")))
                    .layers(Integer.parseInt(m.get("layers")))
                    .blocks(blocks)
                    .gate(GateMode.of(m.get("gate")))
                    .refLen(Integer.parseInt(m.get("ref_len")))
                    .windowSize(LevelConfig.defaultWindowSize(grid, grid))
                    .referenceLoss(Boolean.parseBoolean(m.getOrDefault("ref_loss", "false")))
                    .build();
            int[] shape = {Integer.parseInt(m.get("batch")), grid * grid, config.channels()};
            float[] x = golden.readFloats("x");
            float[] perturbed = golden.readFloats("x_perturbed");
            double[] lossCurve = golden.readDoubles("adam.losses");

            try (RlrTransformer model = new RlrTransformer(config, backend, true);
                    Adam adam = load(model, golden)) {
                for (int step = 0; step < lossCurve.length; step++) {
                    model.parameters().zeroGradients();
                    try (TensorScope scope = TensorScope.open(backend)) {
                        Tensor y = model.forward(Tensor.of(perturbed, shape));
                        Tensor loss = model.loss(y, Tensor.of(x, shape));
                        assertEquals(
                                lossCurve[step],
                                loss.item(),
                                TOLERANCE * Math.abs(lossCurve[step]),
                                "loss before step " + step);
                        loss.backward();
                        if (step == 0) {
                            assertClose(golden.readDoubles("forward"), y.toArray(), "forward");
                            assertEquals(
                                    golden.readDoubles("loss")[0],
                                    loss.item(),
                                    TOLERANCE * golden.readDoubles("loss")[0]);
                            for (Parameter p : model.parameters().all()) {
                                assertClose(
                                        golden.readDoubles("grad." + p.name()),
                                        p.tensor().grad().toArray(),
                                        "gradient of " + p.name());
                            }
                        }
                    }
                    adam.step(AdamSettings.DEFAULT.withLearningRate(Float.parseFloat(m.get("lr"))));
                }
                try (TensorScope scope = TensorScope.inference(backend)) {
                    assertClose(
                            golden.readDoubles("adam.forward"),
                            model.forward(Tensor.of(perturbed, shape)).toArray(),
                            "forward after Adam");
                }
            }
            try (RlrTransformer model = new RlrTransformer(config, backend, false);
                    TensorScope scope = TensorScope.inference(backend)) {
                model.parameters().load(source(golden), "golden");
                for (int run = 0; run < 2; run++) {
                    assertClose(
                            golden.readDoubles("forward"),
                            model.reconstruct(Tensor.of(perturbed, shape)).toArray(),
                            "inference");
                }
            }
            assertEquals(0, backend.memory().used(), "leaked");
        }
    }

    private static Adam load(RlrTransformer model, SafeTensorsFile golden) {
        model.parameters().load(source(golden), "golden");
        long weights =
                golden.names().stream().filter(n -> n.startsWith("weight.")).count();
        assertEquals(weights, model.parameters().all().size(), "parameters");
        return new Adam(model.parameters());
    }

    private static ParameterSet.Source source(SafeTensorsFile golden) {
        return new ParameterSet.Source() {
            @Override
            public int[] shape(String name) {
                return golden.names().contains("weight." + name)
                        ? java.util.Arrays.stream(golden.entry("weight." + name).shape())
                                .mapToInt(Math::toIntExact)
                                .toArray()
                        : null;
            }

            @Override
            public float[] values(String name) {
                return golden.readFloats("weight." + name);
            }
        };
    }

    static void assertClose(double[] expected, float[] actual, String what) {
        assertEquals(expected.length, actual.length, what + ": length");
        double largest = 0;
        double error = 0;
        int at = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            double e = Math.abs(expected[i] - actual[i]);
            if (!(e <= error)) {
                error = e;
                at = i;
            }
        }
        String message = what + ": error " + error + " at " + at + ", largest value " + largest;
        assertTrue(error <= TOLERANCE * largest, message);
    }
}
