package org.rlr.bench;

import java.util.HashMap;
import java.util.Map;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.model.LevelConfig;
import org.rlr.model.RlrTransformer;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.nn.Adam;
import org.rlr.tensor.nn.Parameter;

/** One level of the model as ours computes it, in inference or as a training step. */
final class OurLevel implements Contender {
    private final Backend backend;
    private final RlrTransformer transformer;
    private final Adam adam;
    private final Operand features;
    private float[] result;

    OurLevel(LevelConfig config, Operand features, boolean training, int threads) {
        this(config, features, training, Backends.open("cpu", threads));
    }

    /** @param backend taken over */
    OurLevel(LevelConfig config, Operand features, boolean training, Backend backend) {
        this.features = features;
        this.backend = backend;
        transformer = new RlrTransformer(config, backend, training);
        transformer.parameters().initialize(1);
        adam = training ? new Adam(transformer.parameters()) : null;
    }

    /** The parameters as a peer takes them. */
    Map<String, Operand> stateDict() {
        Map<String, float[]> values = transformer.parameters().stateDict();
        Map<String, Operand> state = new HashMap<>();
        for (Parameter p : transformer.parameters().all()) {
            state.put(p.name(), new Operand(values.get(p.name()), p.shape().toArray()));
        }
        return state;
    }

    @Override
    public void run() {
        if (adam == null) {
            reconstruct();
        } else {
            step();
        }
    }

    @SuppressWarnings("try")   // the scope only has to be open
    private void reconstruct() {
        try (TensorScope scope = TensorScope.inference(backend)) {
            result = transformer.reconstruct(Tensor.of(features.values(), features.shape())).toArray();
        }
    }

    @SuppressWarnings("try")   // the scope only has to be open
    private void step() {
        transformer.parameters().zeroGradients();
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor x = Tensor.of(features.values(), features.shape());
            Tensor loss = transformer.loss(transformer.forward(x), x);
            loss.backward();
            result = new float[] {loss.item()};
        }
        adam.step(AdamSettings.DEFAULT);
    }

    /** The reconstruction, or the loss before the step. */
    @Override
    public float[] result() {
        return result;
    }

    @Override
    public void close() {
        if (adam != null) {
            adam.close();
        }
        transformer.close();
        backend.close();
    }
}
