package org.example;

import org.rlr.model.LevelConfig;
import org.rlr.model.attention.*;

class RingAttentionTest extends AttentionBlockContract {
    @Override
    protected AttentionBlockProvider provider() {
        return new RingAttention();
    }

    @Override
    protected GridPattern pattern(LevelConfig level) {
        return GridPattern.ring(1, level.side());
    }
}
