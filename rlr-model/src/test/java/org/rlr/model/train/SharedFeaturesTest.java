package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.KernelSets;
import org.rlr.model.ModelFile;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.cli.BackboneFile;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Tiling;
import org.rlr.model.config.TrainingSettings;
import org.rlr.model.config.Validation;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Sample;
import org.rlr.model.demo.DemoDataSet;
import org.rlr.model.features.ComputedFeatureMaps;
import org.rlr.model.features.FeatureMaps;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;

/** Shared features are bit-identical to those that each training and evaluation would compute. */
class SharedFeaturesTest {
    @TempDir
    Path folder;

    private DataSet data;

    @BeforeEach
    void draw() throws IOException {
        DemoDataSet.generate(folder.resolve("data"), 64, 2, 1, 1, 11, 2);
        data = DataLayouts.read(folder.resolve("data"));
    }

    private static RlrConfig config(String backbone, Tiling tiling) {
        return RlrConfig.builder(backbone)
                .imageSize(64, 64)
                .levels(List.of(1, 2, 3))
                .width(16)
                .heads(4)
                .layers(1)
                .tiling(tiling)
                .build();
    }

    private Backbone open(RlrConfig config, Backend backend) {
        if (config.backbone().equals(Backbones.WEIGHT_FREE)) {
            return Backbones.open(config.backbone(), null, config.levels(), backend);
        }
        Path weights = folder.resolve(config.backbone() + ".safetensors");
        if (Files.notExists(weights)) {
            BackboneFile.write(config.backbone(), weights);
        }
        return Backbones.open(config.backbone(), weights, config.levels(), backend);
    }

    private List<ImageSource> images() {
        List<ImageSource> images =
                new ArrayList<>(data.train().stream().map(Sample::image).toList());
        images.addAll(data.test().stream().map(Sample::image).toList());
        return images;
    }

    private static List<float[]> singly(FeatureMaps maps, List<ImageSource> images, Backend backend) {
        List<float[]> all = new ArrayList<>();
        maps.forEach(images, (index, image) -> {
            for (int input = 0; input < (image.grid() == null ? 1 : image.grid().count()); input++) {
                try (TensorScope scope = TensorScope.inference(backend)) {
                    image.maps(input).forEach(map -> all.add(map.toArray()));
                }
            }
        });
        return all;
    }

    private static List<float[]> inBatches(FeatureMaps maps, List<ImageSource> images, Backend backend) {
        List<float[]> all = new ArrayList<>();
        maps.forEachBatch(images, (first, count, batch) -> {
            try (TensorScope scope = TensorScope.inference(backend)) {
                for (Tensor map : batch.get()) {
                    assertEquals(count, map.dim(0));
                    all.add(map.toArray());
                }
            }
        });
        return all;
    }

    private static void assertSame(List<float[]> expected, List<float[]> actual, String what) {
        assertEquals(expected.size(), actual.size(), what);
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), what);
        }
    }

    @Test
    void singlyAndInBatchesTheyAreTheBitsOfTheBackbone() {
        for (String kernels : KernelSets.NAMES) {
            for (String name : List.of(
                    Backbones.WEIGHT_FREE, "tf_efficientnet_lite0", "efficientnet_b0", "resnet18", "resnet50")) {
                // the last one takes long to compute
                List<ImageSource> images = images().subList(0, name.equals("resnet50") ? 5 : 12);
                for (Tiling tiling :
                        name.equals("resnet18") ? new Tiling[] {null, new Tiling(16, 1.5)} : new Tiling[] {null}) {
                    RlrConfig config = config(name, tiling);
                    String what = name + " on " + kernels + ", " + tiling;
                    try (Backend backend = KernelSets.open(kernels);
                            Backbone backbone = open(config, backend);
                            SharedFeatures shared =
                                    new SharedFeatures(backend, backbone, config, images, TrainingListener.SILENT)) {
                        ComputedFeatureMaps computed = new ComputedFeatureMaps(backbone, config);
                        // in an order and batch size that differ from the computation
                        List<ImageSource> some = new ArrayList<>(images.subList(1, images.size()));
                        java.util.Collections.reverse(some);
                        assertEquals(computed.count(some), shared.count(some));
                        assertEquals((tiling == null ? 1 : 4) * some.size(), shared.count(some));
                        assertSame(singly(computed, some, backend), singly(shared, some, backend), what);
                        assertSame(inBatches(computed, some, backend), inBatches(shared, some, backend), what);
                    }
                }
            }
        }
    }

    @Test
    void aTrainingOnThemGivesTheSameModel() throws IOException {
        RlrConfig config =
                config("resnet18", null).toBuilder().standardize(true).build();
        TrainingSettings settings = TrainingSettings.builder()
                .epochs(2)
                .batchSize(3)
                .learningRate(1e-3f)
                .seed(5)
                .validation(new Validation(0.5, true))
                .build();
        TestEvaluation test = new TestEvaluation(data, 1, true);
        TrainingImages images = ValidationSplit.of(data, settings.validation(), settings.seed());
        try (Backend backend = KernelSets.open("vector");
                Backbone backbone = open(config, backend);
                SharedFeatures shared =
                        new SharedFeatures(backend, backbone, config, images(), TrainingListener.SILENT)) {
            for (SharedFeatures each : new SharedFeatures[] {null, shared}) {
                String name = each == null ? "alone" : "shared";
                try (Trained trained = new Trainer(backend, config, settings, TrainingListener.SILENT, null, each)
                        .train(open(config, backend), images, TrainingCheckpoints.NONE, test)) {
                    ModelFile.save(trained.model(), folder.resolve(name));
                    ModelFile.save(trained.bestOnTest(), folder.resolve(name + "-best"));
                }
            }
        }
        assertEquals(-1, Files.mismatch(folder.resolve("alone"), folder.resolve("shared")));
        assertEquals(-1, Files.mismatch(folder.resolve("alone-best"), folder.resolve("shared-best")));
    }

    @Test
    void theirMemoryIsStatedAndOtherImagesAreRefused() {
        RlrConfig config = config(Backbones.WEIGHT_FREE, null);
        try (Backend backend = KernelSets.open("vector");
                Backbone backbone = open(config, backend)) {
            List<ImageSource> images = images();
            long bytes = 0;
            for (int level : config.levels()) {
                bytes += 4L
                        * config.level(backbone.info().level(level)).tokens()
                        * backbone.info().level(level).channels();
            }
            List<ImageSource> twice = new ArrayList<>(images.subList(0, 2));
            twice.addAll(images.subList(0, 2));
            try (SharedFeatures shared =
                    new SharedFeatures(backend, backbone, config, twice, TrainingListener.SILENT)) {
                assertEquals(
                        String.format(
                                java.util.Locale.ROOT,
                                "features of 2 images: %.1f MiB in memory",
                                2 * bytes / 1048576.0),
                        shared.description());
                assertNull(grid(shared, images.get(0)));
                String message = assertThrows(IllegalArgumentException.class, () -> shared.count(images.subList(2, 3)))
                        .getMessage();
                assertTrue(message.contains(images.get(2).toString()), message);
            }
        }
    }

    private static Object grid(FeatureMaps maps, ImageSource image) {
        Object[] grid = {maps};
        maps.forEach(List.of(image), (index, each) -> grid[0] = each.grid());
        return grid[0];
    }
}
