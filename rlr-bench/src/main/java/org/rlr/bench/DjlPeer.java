package org.rlr.bench;

import ai.djl.MalformedModelException;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import com.google.gson.Gson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.tensor.io.SafeTensorsWriter;

/** A backbone in this JVM on the native engine of PyTorch or ONNX Runtime, through DJL. Python writes its model. */
final class DjlPeer implements Contender {

    /** An engine, named like its column. */
    enum DjlEngine {
        DJL_PYTORCH("PyTorch", "torchscript", "pt"),
        ONNXRUNTIME("OnnxRuntime", "onnx", "onnx");

        private final String engine;
        private final String format;
        private final String ending;

        DjlEngine(String engine, String format, String ending) {
            this.engine = engine;
            this.format = format;
            this.ending = ending;
        }

        /** The engine of a column, or null for other columns. */
        static @Nullable DjlEngine of(String implementation) {
            return Arrays.stream(values())
                    .filter(r -> r.name()
                            .toLowerCase(java.util.Locale.ROOT)
                            .replace('_', '-')
                            .equals(implementation))
                    .findFirst()
                    .orElse(null);
        }

        /** The reason why its natives are absent, and the remedy; null if they are present. */
        @Nullable
        String absence() {
            configure();
            return Engine.getAllEngines().contains(engine)
                    ? null
                    : "DJL's engine " + engine
                            + " is large and not in the default build; run mvn -Ppeers -pl rlr-bench";
        }

        /**
         * The reason why it, or the Python that writes its models, is absent, and the remedy; null if both are present.
         */
        @Nullable
        String absence(String python) {
            String natives = absence();
            if (natives != null) {
                return natives;
            }
            if (this == DJL_PYTORCH
                    && !(System.getProperty("os.name") + System.getProperty("os.arch")).equals("Linuxamd64")) {
                return "the profile has DJL's PyTorch natives only for Linux on x86-64; run there";
            }
            String why = this == ONNXRUNTIME
                    ? TorchPeer.absence(python, "torch", "timm", "onnx", "onnxscript")
                    : TorchPeer.absence(python, "torch", "timm");
            return why == null ? null : why + ", which writes the model; set a Python that has it with -Dpython=PATH";
        }
    }

    private final Path folder;
    private final ZooModel<NDList, NDList> model;
    private final Predictor<NDList, NDList> predictor;
    private final NDManager manager;
    private final NDList input;
    private float[] result = {};

    /**
     * Writes, loads and runs the model once.
     *
     * @param x {@code [N, H, W, 3]}
     * @throws IllegalStateException with the output of the failed part
     */
    DjlPeer(DjlEngine by, String backbone, List<Integer> levels, Map<String, Operand> weights, Operand x, int threads) {
        configure();
        int used = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(used));
        try {
            folder = Files.createTempDirectory("rlr-bench-djl");
            Path file = folder.resolve("backbone." + by.ending);
            export(by, backbone, levels, weights, x, file);
            model = load(by, file, used);
            manager = model.getNDManager().newSubManager();
            input = new NDList(
                    by == DjlEngine.ONNXRUNTIME
                            ? manager.create(planes(x), new Shape(x.shape()[0], 3, x.shape()[1], x.shape()[2]))
                            : manager.create(
                                    x.values(),
                                    new Shape(Arrays.stream(x.shape())
                                            .asLongStream()
                                            .toArray())));
            predictor = model.newPredictor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (EngineException e) {
            throw new IllegalStateException(by.engine + ": " + e.getMessage(), e);
        }
        run();
    }

    /** Loads a model from its file. @throws IllegalStateException with the engine's message if it cannot be loaded */
    static ZooModel<NDList, NDList> load(DjlEngine by, Path file, int threads) {
        configure();
        try {
            return Criteria.builder()
                    .setTypes(NDList.class, NDList.class)
                    .optEngine(by.engine)
                    .optModelPath(file)
                    .optTranslator(new NoopTranslator())
                    .optOption("intraOpNumThreads", Integer.toString(threads))
                    .build()
                    .loadModel();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ModelNotFoundException | MalformedModelException | EngineException e) {
            throw new IllegalStateException(by.engine + ": " + e.getMessage(), e);
        }
    }

    /**
     * Configures DJL: natives come only from the class path and are unpacked beside the build; nothing is downloaded or
     * reported.
     */
    private static void configure() {
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty(
                "ENGINE_CACHE_DIR",
                Path.of(System.getProperty(TorchPeer.PEERS, "peers"))
                        .toAbsolutePath()
                        .resolveSibling("target")
                        .resolve("djl")
                        .toString());
        System.setProperty("ai.djl.onnxruntime.disable_alternative", "true");
    }

    private void export(
            DjlEngine by, String backbone, List<Integer> levels, Map<String, Operand> weights, Operand x, Path file)
            throws IOException {
        Path given = folder.resolve("given.safetensors");
        SafeTensorsWriter writer = new SafeTensorsWriter();
        weights.forEach((name, w) ->
                writer.add(name, Arrays.stream(w.shape()).asLongStream().toArray(), w.values()));
        writer.write(given);
        Map<String, Object> task = new HashMap<>(Map.of(
                "given",
                given.toString(),
                "name",
                backbone,
                "levels",
                levels,
                "images",
                x.shape()[0],
                "side",
                x.shape()[1],
                "format",
                by.format,
                "out",
                file.toString()));
        Process process = new ProcessBuilder(
                        System.getProperty(TorchPeer.PYTHON, "python3"),
                        Path.of(System.getProperty(TorchPeer.PEERS, "peers"), "export_backbone.py")
                                .toString(),
                        new Gson().toJson(task))
                .redirectErrorStream(true)
                .start();
        String words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (process.waitFor() != 0) {
                throw new IllegalStateException("export_backbone.py failed: " + words);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Converts {@code [N, H, W, C]} to {@code [N, C, H, W]}. */
    private static float[] planes(Operand x) {
        int channels = x.shape()[3];
        int pixels = x.shape()[1] * x.shape()[2];
        float[] planes = new float[x.values().length];
        for (int i = 0; i < planes.length; i++) {
            int pixel = i / channels;
            planes[(pixel / pixels * channels + i % channels) * pixels + pixel % pixels] = x.values()[i];
        }
        return planes;
    }

    @Override
    public void run() {
        try (NDList output = predictor.predict(input)) {
            result = output.get(0).toFloatArray(); // ours also returns an array
        } catch (TranslateException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The deepest level, {@code [N, h, w, C]}. */
    @Override
    public float[] result() {
        return result;
    }

    @Override
    public void close() {
        predictor.close();
        manager.close();
        model.close();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
