package org.rlr.model.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.decoder.DecoderSettings;
import org.rlr.model.train.ConfigFile;
import org.rlr.model.train.Recipe;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The published values of options, taken from the settings that hold them. */
abstract class PublishedDefaults implements IDefaultValueProvider {
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

    /** Of a model and its training. */
    static final class Training extends PublishedDefaults {
        Training() {
            RlrConfig config = ConfigFile.PUBLISHED.config();
            TrainingSettings training = ConfigFile.PUBLISHED.training();
            put("--recipe", Recipe.PUBLISHED);
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

    /** Of a feature decoder's training. */
    static final class Decoder extends PublishedDefaults {
        Decoder() {
            put("--epochs", DecoderSettings.PUBLISHED.epochs());
            put("--batch-size", DecoderSettings.PUBLISHED.batchSize());
            put("--lr", DecoderSettings.PUBLISHED.learningRate());
            put("--seed", DecoderSettings.PUBLISHED.seed());
        }
    }

    /** Of what no tensor of a checkpoint tells. */
    static final class Import extends PublishedDefaults {
        Import() {
            put("--heads", ConfigFile.PUBLISHED.config().heads());
            put("--normalization", "imagenet");
        }
    }
}
