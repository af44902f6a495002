package org.rlr.model.backbone;

import java.util.ArrayList;
import java.util.List;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.BinaryOp;

/**
 * EfficientNet's block: expansion by a 1×1 convolution (absent in the first blocks), depthwise convolution,
 * squeeze-and-excitation (absent in the lite networks), projection by a 1×1 convolution, and the input added where the
 * shapes allow it.
 *
 * @param expand null where there is no expansion
 * @param excite null where there is no squeeze-and-excitation
 * @param skip whether the input is added
 */
record InvertedResidual(
        Convolution expand, Convolution depthwise, SqueezeExcitation excite, Convolution project, boolean skip)
        implements Block {
    @Override
    public List<Convolution> convolutions() {
        List<Convolution> all = new ArrayList<>();
        if (expand != null) {
            all.add(expand);
        }
        all.add(depthwise);
        if (excite != null) {
            all.add(excite.reduce());
            all.add(excite.expand());
        }
        all.add(project);
        return all;
    }

    @Override
    public int outChannels() {
        return project.outChannels();
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor wide = expand == null ? x : expand.forward(x);
        Tensor filtered = depthwise.forward(wide);
        if (wide != x) {
            wide.close();
        }
        if (excite != null) {
            excite.scale(filtered);
        }
        Tensor y = project.forward(filtered);
        filtered.close();
        if (skip) {
            y.backend().binary(BinaryOp.ADD, y.view(), x.view(), y.view(), false);
        }
        return y;
    }
}
