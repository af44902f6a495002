package org.rlr.model.decoder;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.autograd.ImageFunctions;
import org.rlr.tensor.backend.UnaryOp;

/** A residual block that can double height and width (RLR §12, <em>Block</em>). */
final class UpsamplingBlock {
    private final boolean upsampling;
    private final NormalizedConvolution first;
    private final NormalizedConvolution second;
    private final @Nullable NormalizedConvolution shortcut;

    private UpsamplingBlock(NormalizedConvolution.Names names, int in, int out, boolean upsampling) {
        this.upsampling = upsampling;
        first = new NormalizedConvolution(names.sub("conv1"), names.sub("bn1"), in, out, 3);
        second = new NormalizedConvolution(names.sub("conv2"), names.sub("bn2"), out, out, 3);
        NormalizedConvolution.Names aside = names.sub("shortcut");
        shortcut = upsampling || in != out ? new NormalizedConvolution(aside.sub(0), aside.sub(2), in, out, 1) : null;
    }

    /** {@code n} blocks, the first from {@code in} channels and optionally upsampling (RLR §12, <em>Stage</em>). */
    static List<UpsamplingBlock> stage(NormalizedConvolution.Names names, int in, int out, int n, boolean upsampling) {
        List<UpsamplingBlock> blocks = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            blocks.add(new UpsamplingBlock(names.sub(i), i == 0 ? in : out, out, i == 0 && upsampling));
        }
        return blocks;
    }

    /** {@code [N, H, W, in] → [N, sH, sW, out]}; in inference, intermediate results are released. */
    Tensor forward(Tensor x, boolean training) {
        if (training) {
            return compute(x, true);
        }
        try (TensorScope scope = TensorScope.inference(x.backend())) {
            return scope.keep(compute(x, false));
        }
    }

    private Tensor compute(Tensor x, boolean training) {
        Tensor inner = first.forward(x, training).apply(UnaryOp.RELU);
        Tensor y = second.forward(upsampling ? ImageFunctions.upsample2(inner) : inner, training);
        Tensor aside = shortcut == null
                ? x
                : upsampling ? shortcut.forwardUpsampled(x, training) : shortcut.forward(x, training);
        return y.add(aside).apply(UnaryOp.RELU);
    }
}
