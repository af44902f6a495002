package org.rlr.bench;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.View;
import org.rlr.tensor.nn.Adam;
import org.rlr.tensor.nn.Parameter;
import org.rlr.tensor.nn.RepeatedStep;

/** One level of the model in RLR, for inference or as a training step. */
final class OurLevel implements Contender {
    private final Backend backend;
    private final RlrTransformer transformer;
    private final Operand features;
    private final @Nullable Training training;
    private float[] result = {};

    OurLevel(LevelConfig config, Operand features, boolean training, int threads) {
        this(config, features, training, Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(threads)));
    }

    /** @param backend closed with this */
    OurLevel(LevelConfig config, Operand features, boolean training, Backend backend) {
        this.features = features;
        this.backend = backend;
        transformer = new RlrTransformer(config, backend, training);
        transformer.parameters().initialize(1);
        this.training = training ? new Training() : null;
    }

    /** The parameters in a peer's format. */
    Map<String, Operand> stateDict() {
        Map<String, Operand> state = new HashMap<>();
        for (Parameter p : transformer.parameters().all()) {
            state.put(p.name(), new Operand(p.tensor().toArray(), p.shape().toArray()));
        }
        return state;
    }

    @Override
    public void run() {
        result = training == null ? reconstruct() : training.step();
    }

    private float[] reconstruct() {
        try (TensorScope scope = TensorScope.inference(backend)) {
            return transformer
                    .reconstruct(Tensor.of(features.values(), features.shape()))
                    .toArray();
        }
    }

    /** Training steps like the trainer's. */
    private final class Training implements AutoCloseable {
        private final Adam adam = new Adam(transformer.parameters());
        private final Tensor x = held(Shape.of(features.shape()));
        private final Tensor loss = held(Shape.of());
        private final RepeatedStep repeated = new RepeatedStep(backend, true, 1, step -> submit(), adam::stepped);
        private long steps;

        /** A tensor that a captured step finds at the same address. */
        private Tensor held(Shape shape) {
            return Tensor.wrapUnscoped(backend, View.allocate(backend, shape));
        }

        /** The loss before the step. */
        float[] step() {
            backend.upload(features.values(), 0, x.view());
            repeated.run(steps++, AdamSettings.DEFAULT.learningRate());
            float[] value = new float[1];
            backend.download(loss.view(), value, 0);
            return value;
        }

        private void submit() {
            transformer.parameters().zeroGradients();
            try (TensorScope scope = TensorScope.open(backend)) {
                Tensor value = transformer.loss(transformer.forward(x), x);
                value.backward();
                backend.copy(value.view(), loss.view());
            }
            adam.step(AdamSettings.DEFAULT);
        }

        @Override
        public void close() {
            repeated.close();
            x.close();
            loss.close();
            adam.close();
        }
    }

    /** The reconstruction, or the loss before the step. */
    @Override
    public float[] result() {
        return result;
    }

    @Override
    public void close() {
        if (training != null) {
            training.close();
        }
        transformer.close();
        backend.close();
    }
}
