package org.rlr.model.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.decoder.DecoderSettings;
import org.rlr.model.train.ConfigFile;
import org.rlr.model.train.Recipe;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Default values of options, read from the settings classes. */
abstract class OptionDefaults implements IDefaultValueProvider {
    private final Map<String, Object> values = new HashMap<>();

    final void put(String option, Object value) {
        values.put(option, value);
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        Object value = argument instanceof OptionSpec option ? values.get(option.longestName()) : null;
        if (value == null) {
            return null;
        }
        return value instanceof List<?> list
                ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
                // 1.0E-4 to 1e-4, 4.0 to 4
                : value.toString().replaceFirst("\\.0(E|$)", "$1").replace('E', 'e');
    }

    /** Defaults for a model and its training. */
    static final class Training extends OptionDefaults {
        Training() {
            ConfigFile recipe = Recipe.of(Recipe.DEFAULT, Backbones.WEIGHT_FREE);
            RlrConfig config = recipe.config();
            TrainingSettings training = recipe.training();
            put("--recipe", Recipe.DEFAULT);
            put("--epochs", training.epochs());
            put("--batch-size", training.batchSize());
            put("--lr", training.learningRate());
            put("--warmup", training.warmupSteps());
            put("--schedule", training.schedule());
            put("--seed", training.seed());
            put("--feature-jitter", training.featureJitter());
            put("--noise-prob", training.noiseProb());
            put("--optimizer", training.optimizer());
            put("--image-size", config.imageHeight());
            put("--levels", config.levels());
            put("--width", config.width());
            put("--heads", config.heads());
            put("--layers", config.layers());
            put("--blocks", config.blocks());
            put("--gate", config.gate());
            put("--ref-len", config.refLen());
        }
    }

    /** Defaults for the training of a feature decoder. */
    static final class Decoder extends OptionDefaults {
        Decoder() {
            put("--epochs", DecoderSettings.PUBLISHED.epochs());
            put("--batch-size", DecoderSettings.PUBLISHED.batchSize());
            put("--lr", DecoderSettings.PUBLISHED.learningRate());
            put("--seed", DecoderSettings.PUBLISHED.seed());
        }
    }

    /** Defaults for settings that the tensors of a checkpoint do not show. */
    static final class Import extends OptionDefaults {
        Import() {
            put("--heads", ConfigFile.PUBLISHED.config().heads());
            put("--normalization", "imagenet");
        }
    }
}
