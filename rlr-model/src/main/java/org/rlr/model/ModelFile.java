package org.rlr.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rlr.model.attention.AttentionBlocks;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.config.Json;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.ProductLimits;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.features.FeatureExtractor;
import org.rlr.model.features.FeatureStatistics;
import org.rlr.model.features.ProductRecognizer;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.SafeTensorsWriter;
import org.rlr.tensor.io.TensorFileException;
import org.rlr.tensor.nn.Parameter;

/**
 * A model as one SafeTensors file that holds everything detection needs. Metadata: {@code format} ({@code "rlr"}),
 * {@code version} and {@code model} (a {@link ModelInfo} as JSON). Tensors: {@code level<i>.<name>} with the names of
 * the public implementation (RLR §11), {@code backbone.<name>} with timm's names, and, if features are standardised,
 * {@code statistics<i>.mean} and {@code statistics<i>.std}; i is the feature level. A model that recognises classes
 * also has metadata {@code products} (a {@link ProductLimits} as JSON) with their names, the tensor
 * {@code products.std} with the deviations of a {@link ProductRecognizer}, and per class n a tensor
 * {@code products.<n>} with the pooled features of its images, one row per image. The same model always gives the same
 * bytes.
 */
public final class ModelFile {
    /** Name prefix of the tensors that standardise features, where there are any. */
    public static final String STATISTICS = "statistics";

    private static final String PRODUCTS = "products";
    private static final String FORMAT = "rlr";
    private static final String VERSION = "1";

    private ModelFile() {}

    /**
     * Writes a model to a temporary file beside the target, then moves it into place; on failure an existing target is
     * kept.
     *
     * @param model owned by the caller
     * @param file target; missing parent folders are created
     * @throws org.rlr.tensor.ResourceException if it cannot be written
     */
    public static void save(RlrModel model, Path file) {
        SafeTensorsWriter writer = new SafeTensorsWriter()
                .metadata("format", FORMAT)
                .metadata("version", VERSION)
                .metadata("model", Json.write(model.info()));
        StateDict weights = model.backbone().weights();
        for (String name : weights.names()) {
            StateDict.Weight weight = weights.weight(name);
            writer.add("backbone." + name, longs(weight.shape()), weight.values());
        }
        List<Integer> levels = model.info().config().levels();
        for (int i = 0; i < levels.size(); i++) {
            int level = levels.get(i);
            if (model.statistics() != null) {
                FeatureStatistics s = model.statistics().get(i);
                writer.add(STATISTICS + level + ".mean", new long[] {s.mean().length}, s.mean());
                writer.add(STATISTICS + level + ".std", new long[] {s.std().length}, s.std());
            }
            for (Parameter p : model.levels().get(i).parameters().all()) {
                writer.add(
                        "level" + level + "." + p.name(),
                        longs(p.shape().toArray()),
                        p.tensor().toArray());
            }
        }
        if (model.recognizer() != null) {
            add(writer, model.recognizer());
        }
        writer.write(file);
    }

    private static void add(SafeTensorsWriter writer, ProductRecognizer recognizer) {
        List<ProductRecognizer.Product> products = recognizer.products();
        writer.metadata(
                PRODUCTS,
                Json.write(new ProductLimits(
                        ProductRecognizer.names(recognizer),
                        products.stream().map(ProductRecognizer.Product::limit).toList())));
        float[] deviation = recognizer.deviation();
        writer.add(PRODUCTS + ".std", new long[] {deviation.length}, deviation);
        for (int i = 0; i < products.size(); i++) {
            List<float[]> images = products.get(i).images();
            float[] rows = new float[images.size() * deviation.length];
            for (int row = 0; row < images.size(); row++) {
                System.arraycopy(images.get(row), 0, rows, row * deviation.length, deviation.length);
            }
            writer.add(PRODUCTS + "." + i, new long[] {images.size(), deviation.length}, rows);
        }
    }

    /**
     * Returns the size of a model's file.
     *
     * @param config configuration of the model
     * @param backbone backbone whose weights and statistics are stored
     * @param parameters number of learned parameters of all transformers
     * @return bytes of its tensors, without those of class recognition (at most {@code 128·channels} bytes per class)
     *     and without the header of a few thousand bytes
     */
    public static long bytes(RlrConfig config, Backbone backbone, long parameters) {
        StateDict dict = backbone.weights();
        long weights = dict.names().stream()
                .mapToLong(name -> dict.values(name).length)
                .sum();
        long statistics = FeatureExtractor.standardized(config, backbone)
                ? config.levels().stream()
                        .mapToLong(level -> 2L * backbone.info().level(level).channels())
                        .sum()
                : 0;
        return Float.BYTES * (weights + statistics + parameters);
    }

    private static long[] longs(int[] shape) {
        return Arrays.stream(shape).asLongStream().toArray();
    }

    /**
     * Reads a file's description without loading the weights.
     *
     * @param file a model file
     * @return settings, training, scores and thresholds
     * @throws ModelException if the file is not a model or is damaged
     * @throws TensorFileException if the file cannot be read
     */
    public static ModelInfo info(Path file) {
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            return info(tensors);
        } catch (TensorFileException e) {
            throw ModelException.of(e);
        }
    }

    /**
     * Reads the classes that a model recognises, without loading the weights.
     *
     * @param file a model file
     * @return the classes and their limits; null if the model recognises none
     * @throws ModelException if the file is damaged
     * @throws TensorFileException if the file cannot be read
     */
    public static @Nullable ProductLimits products(Path file) {
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            return products(tensors);
        } catch (TensorFileException e) {
            throw ModelException.of(e);
        }
    }

    private static @Nullable ProductLimits products(SafeTensorsFile file) {
        try {
            return Json.read(file.metadata().get(PRODUCTS), ProductLimits.class);
        } catch (RuntimeException e) {
            throw damagedProducts(file, e);
        }
    }

    private static ModelException damagedProducts(SafeTensorsFile file, RuntimeException why) {
        return damaged(file, "the classes that it recognises cannot be read (" + why.getMessage() + ")", why);
    }

    /**
     * Reads the description of a model from an open file or from memory.
     *
     * @param file a model file; owned by the caller
     * @return settings, training, scores and thresholds
     * @throws ModelException if the file is not a model or is damaged
     */
    public static ModelInfo info(SafeTensorsFile file) {
        if (!FORMAT.equals(file.metadata().get("format"))) {
            throw new ModelException(
                    ModelException.Reason.NOT_A_MODEL,
                    file.source() + " is a SafeTensors file, but not a model",
                    "give the file that `ModelFile.save` wrote",
                    null);
        }
        if (!VERSION.equals(file.metadata().get("version"))) {
            throw new ModelException(
                    ModelException.Reason.OTHER_VERSION,
                    file.source() + " is a model of format version "
                            + file.metadata().get("version") + "; this program reads version " + VERSION,
                    "train it again or use the program that wrote it",
                    null);
        }
        ModelInfo info;
        try {
            info = Json.read(file.metadata().get("model"), ModelInfo.class);
        } catch (RuntimeException e) {
            // the parser wraps exceptions that a record's constructor throws
            throw unreadable(file, e.getCause() instanceof RuntimeException cause ? cause : e);
        }
        if (info == null
                || info.config() == null
                || (info.training() == null && info.origin() == null)
                || info.scores() == null
                || info.classes() == null) {
            throw damaged(file, "its description is incomplete", null);
        }
        try {
            AttentionBlocks.requireFor(info.config().blocks(), file.source());
            Backbones.requireFor(info.config().backbone(), file.source());
        } catch (InvalidSettingException e) {
            throw new ModelException(ModelException.Reason.DOES_NOT_FIT, e.getMessage(), e.remedy(), e);
        }
        try {
            info.config().requireFits(Backbones.info(info.config().backbone()).levels());
        } catch (InvalidSettingException e) {
            throw unreadable(file, e);
        }
        return info;
    }

    private static ModelException unreadable(SafeTensorsFile file, RuntimeException why) {
        return damaged(file, "its description cannot be read (" + why.getMessage() + ")", why);
    }

    private static ModelException damaged(SafeTensorsFile file, String why, @Nullable RuntimeException cause) {
        return new ModelException(
                ModelException.Reason.DAMAGED, file.source() + " is damaged: " + why, "copy or train it again", cause);
    }

    /**
     * Loads a model onto a backend.
     *
     * @param path a model file
     * @param backend holds the weights; owned by the caller
     * @return the model, for inference; the caller closes it
     * @throws ModelException if the file is not a model, is damaged or its parts do not fit together
     * @throws TensorFileException if the file cannot be read
     * @throws org.rlr.tensor.CancelledException if the thread is interrupted; nothing is left open
     */
    public static RlrModel load(Path path, Backend backend) {
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            return load(file, backend);
        } catch (TensorFileException e) {
            throw ModelException.of(e);
        }
    }

    /**
     * Loads a model onto a backend from an open file or from memory.
     *
     * @param file a model file; owned by the caller
     * @param backend holds the weights; owned by the caller
     * @return the model, for inference; the caller closes it
     * @throws ModelException if the file is not a model, is damaged, cannot be read or its parts do not fit together
     * @throws org.rlr.tensor.CancelledException if the thread is interrupted; nothing is left open
     */
    public static RlrModel load(SafeTensorsFile file, Backend backend) {
        try {
            ModelInfo info = info(file);
            RlrConfig config = info.config();
            List<RlrTransformer> levels = new ArrayList<>();
            Backbone backbone = Backbones.create(
                    config.backbone(),
                    backend,
                    config.levels(),
                    StateDict.of(file).under("backbone."),
                    file.source());
            try {
                List<FeatureStatistics> statistics =
                        FeatureExtractor.standardized(config, backbone) ? new ArrayList<>() : null;
                for (LevelConfig shape : config.shapes(backbone.info().levels())) {
                    int level = config.levels().get(levels.size());
                    if (statistics != null) {
                        statistics.add(statistics(file, level, shape.channels()));
                    }
                    levels.add(RlrTransformer.load(
                            shape, backend, StateDict.of(file).under("level" + level + "."), file.source()));
                }
                return new RlrModel(backend, info, backbone, statistics, levels, recognizer(file, config, backbone));
            } catch (Throwable t) {
                levels.forEach(RlrTransformer::close);
                backbone.close();
                if (t instanceof IllegalArgumentException || t instanceof ArithmeticException) {
                    throw unreadable(file, (RuntimeException) t);
                }
                throw t;
            }
        } catch (TensorFileException e) {
            throw ModelException.of(e);
        }
    }

    /** Null if the file holds none. */
    private static @Nullable ProductRecognizer recognizer(SafeTensorsFile file, RlrConfig config, Backbone backbone) {
        ProductLimits limits = products(file);
        if (limits == null) {
            return null;
        }
        int channels = config.levels().stream()
                .mapToInt(level -> backbone.info().level(level).channels())
                .sum();
        float[] deviation = file.readFloats(PRODUCTS + ".std");
        try {
            if (deviation.length != channels) {
                throw new IllegalArgumentException(deviation.length + " channels instead of " + channels);
            }
            List<ProductRecognizer.Product> products = new ArrayList<>();
            for (int i = 0; i < limits.classes().size(); i++) {
                float[] rows = file.readFloats(PRODUCTS + "." + i);
                List<float[]> images = new ArrayList<>();
                for (int row = 0; row < rows.length; row += channels) {
                    images.add(Arrays.copyOfRange(rows, row, Math.min(rows.length, row + channels)));
                }
                products.add(new ProductRecognizer.Product(
                        limits.classes().get(i), images, limits.limits().get(i)));
            }
            return new ProductRecognizer(products, deviation);
        } catch (TensorFileException e) {
            throw e;
        } catch (RuntimeException e) {
            throw damagedProducts(file, e);
        }
    }

    private static FeatureStatistics statistics(SafeTensorsFile file, int level, int channels) {
        float[] mean = file.readFloats(STATISTICS + level + ".mean");
        float[] std = file.readFloats(STATISTICS + level + ".std");
        if (mean.length != channels || std.length != channels) {
            throw damaged(
                    file,
                    "the statistics of level " + level + " have " + mean.length + " channels instead of " + channels,
                    null);
        }
        try {
            return new FeatureStatistics(mean, std);
        } catch (IllegalArgumentException e) {
            throw damaged(file, "the statistics of level " + level + ": " + e.getMessage(), e);
        }
    }
}
