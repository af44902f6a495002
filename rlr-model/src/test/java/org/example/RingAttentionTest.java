package org.example;

import org.rlr.model.attention.*;
import org.rlr.model.config.LevelConfig;

class RingAttentionTest extends AttentionBlockContract {
    @Override
    protected AttentionBlockProvider provider() {
        return new RingAttention();
    }

    @Override
    protected GridPattern pattern(LevelConfig level) {
        return GridPattern.ring(1, level.windowSize());
    }
}
