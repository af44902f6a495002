package org.rlr.bench;

import java.util.HashMap;
import java.util.Map;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.Shape;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.View;
import org.rlr.tensor.nn.Adam;
import org.rlr.tensor.nn.Parameter;
import org.rlr.tensor.nn.RepeatedStep;

/** One level of the model as ours computes it, in inference or as a training step. */
final class OurLevel implements Contender {
    private final Backend backend;
    private final RlrTransformer transformer;
    private final Adam adam;
    private final Operand features;
    private final Tensor x;
    private final Tensor loss;
    private final RepeatedStep repeated;
    private long steps;
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
        x = training ? held(Shape.of(features.shape())) : null;
        loss = training ? held(Shape.of()) : null;
        repeated = training ? new RepeatedStep(backend, true, 1, step -> submit(), adam::stepped) : null;
    }

    /** What a captured step finds again in its place. */
    private Tensor held(Shape shape) {
        return Tensor.wrapUnscoped(backend, new View(backend.allocate(shape.elements()), 0, shape));
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

    @SuppressWarnings("try") // the scope only has to be open
    private void reconstruct() {
        try (TensorScope scope = TensorScope.inference(backend)) {
            result = transformer
                    .reconstruct(Tensor.of(features.values(), features.shape()))
                    .toArray();
        }
    }

    /** As the trainer makes it. */
    private void step() {
        backend.upload(features.values(), 0, x.view());
        repeated.run(steps++, AdamSettings.DEFAULT.learningRate());
        result = new float[1];
        backend.download(loss.view(), result, 0);
    }

    @SuppressWarnings("try") // the scope only has to be open
    private void submit() {
        transformer.parameters().zeroGradients();
        try (TensorScope scope = TensorScope.open(backend)) {
            Tensor value = transformer.loss(transformer.forward(x), x);
            value.backward();
            backend.copy(value.view(), loss.view());
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
            repeated.close();
            x.close();
            loss.close();
            adam.close();
        }
        transformer.close();
        backend.close();
    }
}
