package org.rlr.model.backbone;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.rlr.model.backbone.scattering.Scattering;
import org.rlr.model.config.FeatureLevel;
import org.rlr.model.config.Normalization;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.backend.Backend;

/**
 * {@code scattering}: a fixed wavelet scattering network, which needs no weights. Computes on the host, one task per
 * image, on the threads of the images' backend. Its features are standardised by statistics of the training images.
 */
final class ScatteringBackbone implements Backbone {
    static final String NAME = "scattering";
    private static final int ORIENTATIONS = 8;
    private static final int MAX_ORDER = 2;
    private static final int LEVELS = 5;

    private static final BackboneInfo INFO = BackboneInfo.builder(
                    NAME,
                    IntStream.range(0, LEVELS)
                            .mapToObj(level -> new FeatureLevel(
                                    level, Scattering.channels(level + 1, ORIENTATIONS, MAX_ORDER), 2 << level))
                            .toList())
            .normalization(new Normalization(new float[3], new float[] {1, 1, 1}))
            .standardized(Scattering.DEVIATION_FLOOR)
            .build();

    /** One network per image size and set of levels. */
    private final Map<List<Object>, Scattering> networks = new ConcurrentHashMap<>();

    /** Provides only this backbone. */
    public static final class Provider implements BackboneProvider {
        @Override
        public List<String> names() {
            return List.of(NAME);
        }

        @Override
        public BackboneInfo info(String name) {
            return INFO;
        }

        @Override
        public Map<String, int[]> weightShapes(String name, List<Integer> levels) {
            return Map.of();
        }

        @Override
        public Backbone create(String name, Backend backend, List<Integer> levels, StateDict weights, String origin) {
            return new ScatteringBackbone();
        }
    }

    @Override
    public BackboneInfo info() {
        return INFO;
    }

    @Override
    public List<Tensor> features(Tensor images, List<Integer> levels) {
        int n = images.dim(0);
        Scattering network = network(images, levels);
        float[] pixels = images.toArray();
        int size = pixels.length / n;
        float[][][] outs = new float[n][levels.size()][];
        images.backend().onHost(n, i -> {
            for (int l = 0; l < levels.size(); l++) {
                outs[i][l] = new float[network.outputHeight(l) * network.outputWidth(l) * network.channels(l)];
            }
            network.transform(java.util.Arrays.copyOfRange(pixels, i * size, (i + 1) * size), outs[i]);
        });
        List<Tensor> features = new ArrayList<>();
        for (int l = 0; l < levels.size(); l++) {
            int values = outs[0][l].length;
            float[] level = new float[n * values];
            for (int i = 0; i < n; i++) {
                System.arraycopy(outs[i][l], 0, level, i * values, values);
            }
            features.add(Tensor.of(level, n, network.outputHeight(l), network.outputWidth(l), network.channels(l)));
        }
        return features;
    }

    @Override
    public List<Tensor> tensorFeatures(Tensor images, List<Integer> levels) {
        return network(images, levels).tensors(images);
    }

    private Scattering network(Tensor images, List<Integer> levels) {
        int height = images.dim(1);
        int width = images.dim(2);
        return networks.computeIfAbsent(
                List.of(height, width, levels),
                key -> new Scattering(
                        height,
                        width,
                        levels.stream().mapToInt(level -> level + 1).toArray(),
                        ORIENTATIONS,
                        MAX_ORDER));
    }

    @Override
    public StateDict weights() {
        return StateDict.NONE;
    }

    @Override
    public void trim() {
        networks.values().forEach(Scattering::trim);
    }

    @Override
    public void close() {
        networks.clear();
    }
}
