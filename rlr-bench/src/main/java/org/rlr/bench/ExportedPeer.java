package org.rlr.bench;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Resize;
import org.rlr.model.onnx.OnnxExport;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** The model exported by {@code rlr export --onnx}, in ONNX Runtime: the alternative for users of Java. */
final class ExportedPeer implements Contender {
    static final String NAME = "onnx-exported";
    /** Indices of the outputs, as in {@link OnnxExport}. */
    private static final int SCORE = 0;

    private static final int MAP = 2;

    private final Path file;
    private final Path image;
    private final int height;
    private final int width;
    private final ZooModel<NDList, NDList> model;
    private final Predictor<NDList, NDList> predictor;
    private final NDManager manager;
    private float[] result = {};

    /** @param threads the number of threads; 0 for all cores */
    ExportedPeer(DetectFiles files, int threads) {
        image = files.image();
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS);
                RlrModel exported = ModelFile.load(files.model(), backend)) {
            file = Files.createTempFile("rlr-bench", ".onnx");
            OnnxExport.write(exported, file);
            height = exported.info().config().imageHeight();
            width = exported.info().config().imageWidth();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        model = DjlPeer.load(
                DjlPeer.DjlEngine.ONNXRUNTIME,
                file,
                threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
        predictor = model.newPredictor();
        manager = model.getNDManager().newSubManager();
        run();
    }

    @Override
    public void run() {
        byte[] rgb = Resize.lanczos(ImageSource.of(image).read(), width, height).rgb();
        int pixels = width * height;
        float[] planes = new float[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
            planes[i % 3 * pixels + i / 3] = (rgb[i] & 0xff) / 255f;
        }
        try (NDArray input = manager.create(planes, new Shape(1, 3, height, width));
                NDList outputs = predictor.predict(new NDList(input))) {
            float[] map = outputs.get(MAP).toFloatArray();
            float[] all = new float[1 + map.length];
            all[0] = outputs.get(SCORE).toFloatArray()[0];
            System.arraycopy(map, 0, all, 1, map.length);
            result = all;
        } catch (TranslateException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The image score, then the anomaly map. */
    @Override
    public float[] result() {
        return result;
    }

    @Override
    public void close() {
        predictor.close();
        manager.close();
        model.close();
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
