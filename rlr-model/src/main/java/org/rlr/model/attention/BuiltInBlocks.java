package org.rlr.model.attention;

import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.backend.Locality;
import org.rlr.tensor.nn.ParameterSet;

/** The five blocks of the table in RLR §6, loaded like any other provider. */
final class BuiltInBlocks {
    private BuiltInBlocks() {}

    private abstract static class BuiltIn implements AttentionBlockProvider {
        private final String name;
        private final float weight;
        private final boolean usesReference;

        BuiltIn(String name, float weight, boolean usesReference) {
            this.name = name;
            this.weight = weight;
            this.usesReference = usesReference;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public float weight() {
            return weight;
        }

        @Override
        public boolean usesReference() {
            return usesReference;
        }
    }

    /** Local cross attention (LCA). */
    public static final class Mca extends BuiltIn {
        public Mca() {
            super("mca", 2, true);
        }

        @Override
        public AttentionBlock create(ParameterSet.Prefix names, LevelConfig level) {
            return new ReferenceAttention(
                    names, level.modelWidth(), level.pattern(Locality.INSIDE), ReferenceAttention.Part.EACH_CHUNK);
        }
    }

    /** Cross attention. */
    public static final class Ca extends BuiltIn {
        public Ca() {
            super("ca", 2, true);
        }

        @Override
        public AttentionBlock create(ParameterSet.Prefix names, LevelConfig level) {
            return new ReferenceAttention(
                    names,
                    level.modelWidth(),
                    level.pattern(Locality.ALL),
                    level.blocks().contains("mca")
                            ? ReferenceAttention.Part.LAST_CHUNK
                            : ReferenceAttention.Part.WHOLE);
        }
    }

    /** Neighbour-masked self attention. */
    public static final class Msa extends BuiltIn {
        public Msa() {
            super("msa", 1, false);
        }

        @Override
        public AttentionBlock create(ParameterSet.Prefix names, LevelConfig level) {
            return new SelfAttention(names, level.modelWidth(), level.pattern(Locality.OUTSIDE));
        }
    }

    /** Masked learnable key attention (MLKA). */
    public static final class Nsa extends BuiltIn {
        public Nsa() {
            super("nsa", 1, true);
        }

        @Override
        public AttentionBlock create(ParameterSet.Prefix names, LevelConfig level) {
            return new MaskedLearnableKeyAttention(names, level.modelWidth(), level.pattern(Locality.OUTSIDE));
        }
    }

    /** Self attention. */
    public static final class Sa extends BuiltIn {
        public Sa() {
            super("sa", 1, false);
        }

        @Override
        public AttentionBlock create(ParameterSet.Prefix names, LevelConfig level) {
            return new SelfAttention(names, level.modelWidth(), level.pattern(Locality.ALL));
        }
    }
}
