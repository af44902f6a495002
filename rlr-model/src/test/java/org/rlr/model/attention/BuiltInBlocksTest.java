package org.rlr.model.attention;

import java.util.List;
import org.junit.jupiter.api.Nested;
import org.rlr.model.config.LevelConfig;

/** The five blocks of RLR §6, checked by the contract for all blocks. */
class BuiltInBlocksTest {
    @Nested
    class Mca extends AttentionBlockContract {
        @Override
        protected AttentionBlockProvider provider() {
            return new BuiltInBlocks.Mca();
        }

        @Override
        protected GridPattern pattern(LevelConfig level) {
            return GridPattern.inside(level.windowSize());
        }
    }

    @Nested
    class Ca extends AttentionBlockContract {
        @Override
        protected AttentionBlockProvider provider() {
            return new BuiltInBlocks.Ca();
        }

        @Override
        protected GridPattern pattern(LevelConfig level) {
            return GridPattern.all();
        }
    }

    @Nested
    class CaBesideMca extends Ca {
        @Override
        protected List<String> beside() {
            return List.of("mca");
        }
    }

    @Nested
    class Msa extends AttentionBlockContract {
        @Override
        protected AttentionBlockProvider provider() {
            return new BuiltInBlocks.Msa();
        }

        @Override
        protected GridPattern pattern(LevelConfig level) {
            return GridPattern.outside(level.windowSize());
        }
    }

    @Nested
    class Nsa extends AttentionBlockContract {
        @Override
        protected AttentionBlockProvider provider() {
            return new BuiltInBlocks.Nsa();
        }

        @Override
        protected GridPattern pattern(LevelConfig level) {
            return GridPattern.outside(level.windowSize());
        }

        @Override
        protected List<String> beside() {
            return List.of("mca");
        }
    }

    @Nested
    class Sa extends AttentionBlockContract {
        @Override
        protected AttentionBlockProvider provider() {
            return new BuiltInBlocks.Sa();
        }

        @Override
        protected GridPattern pattern(LevelConfig level) {
            return GridPattern.all();
        }
    }
}
