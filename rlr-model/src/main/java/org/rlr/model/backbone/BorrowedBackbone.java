package org.rlr.model.backbone;

import java.util.List;
import java.util.Map;
import org.rlr.model.data.Normalization;
import org.rlr.tensor.Tensor;

/**
 * A backbone for one who closes what it is given, as a model does, while the backbone goes on being used by others:
 * closing this closes nothing.
 *
 * @param lender the backbone, to be closed by its owner after this was last used
 */
public record BorrowedBackbone(Backbone lender) implements Backbone {
    @Override
    public String name() {
        return lender.name();
    }

    @Override
    public Normalization normalization() {
        return lender.normalization();
    }

    @Override
    public List<Integer> levels() {
        return lender.levels();
    }

    @Override
    public int channels(int level) {
        return lender.channels(level);
    }

    @Override
    public boolean standardized() {
        return lender.standardized();
    }

    @Override
    public List<Tensor> features(Tensor images, List<Integer> levels) {
        return lender.features(images, levels);
    }

    @Override
    public Map<String, Weight> weights() {
        return lender.weights();
    }

    @Override
    public void close() {
        // its owner's
    }
}
