package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.Normalization;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Miniature;
import org.rlr.model.data.Preprocessor;
import org.rlr.model.features.ComputedFeatureMaps;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.golden.GoldenFiles;
import org.rlr.tensor.io.Python;
import org.rlr.tensor.io.SafeTensorsFile;

/** {@code rlr import} and {@code rlr export}. */
class ImportExportTest {
    private static final Path PEERS = Path.of("..", "rlr-bench", "peers");

    @TempDir
    Path folder;

    private Map<String, Double> scores(Path model, List<Path> images) throws IOException {
        Path json = folder.resolve("detected.json");
        CommandRun.succeeding(TinyModel.detect(model, images, json));
        Map<String, Double> scores = new TreeMap<>();
        for (JsonElement each : JsonParser.parseString(Files.readString(json)).getAsJsonArray()) {
            scores.put(
                    each.getAsJsonObject().get("path").getAsString(),
                    each.getAsJsonObject().get("score").getAsDouble());
        }
        return scores;
    }

    /**
     * A model of a convolutional backbone with made-up weights; the checkpoint's levels, resnet18 2 and 3, have 128 and
     * 256 channels.
     */
    private Path trained(Path weights, String... more) {
        return trainedOn("resnet18", weights, more);
    }

    private Path trainedOn(String backbone, Path weights, String... more) {
        BackboneFile.write(backbone, weights);
        Path model = folder.resolve("trained.safetensors");
        List<Object> options = new ArrayList<>(List.of("--backbone", backbone, "--weights", weights));
        options.addAll(List.of(more));
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), model, options.toArray()));
        return model;
    }

    @Test
    void modelsAreWrittenAsOnnx() throws IOException {
        Path onnx = folder.resolve("model.onnx");
        CommandRun run = CommandRun.of("export", TinyModel.model(), "--onnx", onnx);
        assertEquals("", run.err());
        assertTrue(
                run.out().contains("model.onnx: input of 64×64 pixels")
                        && run.out().contains("pred_mask"),
                run.out());
        assertTrue(Files.size(onnx) > 100_000);
        run = CommandRun.of("export", TinyModel.model(), "--onnx", TinyModel.model());
        assertTrue(run.err().contains("--onnx") && run.err().contains("would overwrite"), run.err());
        run = CommandRun.of("export", TinyModel.model());
        assertTrue(run.err().contains("give --onnx FILE.onnx"), run.err());
        Path tiles = folder.resolve("tiles.safetensors");
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), tiles, "--tile-overlap", "16"));
        run = CommandRun.of("export", tiles, "--onnx", onnx);
        assertTrue(run.err().contains("note: the model cuts images into tiles overlapping by 16"), run.err());
    }

    @Test
    void whatIsExportedIsImportedAsTheSameModel() throws IOException {
        Path weights = folder.resolve("resnet18.safetensors");
        Path model = trained(weights);
        Path checkpoint = folder.resolve("checkpoint.pth");
        Path levels = folder.resolve("levels");
        CommandRun run = CommandRun.of("export", model, "--out", checkpoint, "--safetensors", levels);
        assertEquals("", run.err(), "no notes for the published method");
        String out = run.out();
        assertTrue(out.contains("[2, 3]") && out.contains("level3.safetensors"), out);

        Path imported = folder.resolve("imported.safetensors");
        out = CommandRun.succeeding(
                "import",
                checkpoint,
                "--out",
                imported,
                "--backbone",
                "resnet18",
                "--weights",
                weights,
                "--image-size",
                "64",
                "--data",
                TinyModel.data());
        assertTrue(
                out.contains("levels [2, 3], 64×64 pixels, width 16, 1 layer, blocks mca nsa, gate none, reference "
                        + "length 1; assumed: 8 heads"),
                out);
        assertTrue(out.contains("from 8 normal images"), out);
        List<Path> images = TinyModel.images();
        assertEquals(scores(model, images), scores(imported, images));
        String before = CommandRun.succeeding("info", "--model", model);
        String after = CommandRun.succeeding("info", "--model", imported);
        assertEquals(line(before, "threshold"), line(after, "threshold"));
        assertEquals(line(before, "training scores"), line(after, "training scores"));
        assertEquals("origin           checkpoint checkpoint.pth of epoch 1", line(after, "origin"));
        assertEquals("", line(after, "final loss"));

        Path second = folder.resolve("second.safetensors");
        out = CommandRun.succeeding(
                "import",
                levels.resolve("level2.safetensors"),
                levels.resolve("level3.safetensors"),
                "--out",
                second,
                "--backbone",
                "resnet18",
                "--weights",
                weights,
                "--threshold",
                "0.5",
                "--classes",
                "a,b",
                "--image-size",
                "64");
        assertEquals(scores(model, images), scores(second, images));
        assertEquals(
                "threshold        0.5000 (as given)",
                line(CommandRun.succeeding("info", "--model", second), "threshold"));
        Path again = folder.resolve("again.pth");
        CommandRun.succeeding("export", second, "--out", again);
        CommandRun.succeeding(
                "import",
                again,
                "--out",
                second,
                "--backbone",
                "resnet18",
                "--weights",
                weights,
                "--threshold",
                "0.5",
                "--image-size",
                "64");
        assertEquals(scores(model, images), scores(second, images));
    }

    /** A checkpoint does not contain window sizes either. */
    @Test
    void aCheckpointIsUsedWithOtherWindows() throws IOException {
        Path weights = folder.resolve("resnet18.safetensors");
        Path model = trained(weights, "--window", "2=5");
        Path checkpoint = folder.resolve("checkpoint.pth");
        CommandRun export = CommandRun.of("export", model, "--out", checkpoint);
        assertEquals(0, export.code(), export.err());
        assertTrue(export.err().contains("--window 2=5"), export.err());
        Path imported = folder.resolve("imported.safetensors");
        List<Object> args = importing(checkpoint, imported, "resnet18", weights, "--threshold", "1");
        CommandRun.succeeding(args.toArray());
        assertNotEquals(scores(model, TinyModel.images()), scores(imported, TinyModel.images()));
        List<Object> told = new ArrayList<>(args);
        told.addAll(List.of("--window", "2=5"));
        String out = CommandRun.succeeding(told.toArray());
        assertTrue(out.contains("attention windows 2=5"), out);
        assertEquals(scores(model, TinyModel.images()), scores(imported, TinyModel.images()));
    }

    private static List<Object> importing(
            Path checkpoint, Path imported, String backbone, Path weights, Object... more) {
        List<Object> args = new ArrayList<>(List.of(
                "import",
                checkpoint,
                "--out",
                imported,
                "--backbone",
                backbone,
                "--weights",
                weights,
                "--image-size",
                "64"));
        args.addAll(List.of(more));
        return args;
    }

    /** The PyTorch implementation normalises by ImageNet's mean and deviation for every backbone. */
    @Test
    void importedModelsNormaliseAsThePyTorchImplementationDoes() throws IOException {
        Path weights = folder.resolve("lite0.safetensors");
        Path model = trainedOn("tf_efficientnet_lite0", weights);
        assertEquals(
                "normalisation    mean 0.5 0.5 0.5, deviation 0.5 0.5 0.5",
                line(CommandRun.succeeding("info", "--model", model), "normalisation"));
        Path checkpoint = folder.resolve("checkpoint.pth");
        CommandRun export = CommandRun.of("export", model, "--out", checkpoint);
        assertTrue(export.err().contains("mean 0.5 0.5 0.5") && export.err().contains("--normalization"), export.err());

        Path imported = folder.resolve("imported.safetensors");
        List<Object> args = importing(checkpoint, imported, "tf_efficientnet_lite0", weights, "--threshold", "1");
        String imagenet = "mean 0.485 0.456 0.406, deviation 0.229 0.224 0.225";
        String out = CommandRun.succeeding(args.toArray());
        assertTrue(out.contains("normalisation " + imagenet), out);
        assertEquals(
                "normalisation    " + imagenet,
                line(CommandRun.succeeding("info", "--model", imported), "normalisation"));
        assertEquals("", CommandRun.of("export", imported, "--out", checkpoint).err());
        assertEquals(Normalization.IMAGENET, ModelFile.info(imported).config().normalization());
        List<Path> images = TinyModel.images().subList(0, 4);
        Map<String, Double> published = scores(imported, images);
        assertNotEquals(scores(model, images), published);
        requireInput(imported, images.get(0), Normalization.IMAGENET);

        Path decoder = folder.resolve("decoder.safetensors");
        CommandRun.succeeding(
                "decoder", "train", "--model", imported, "--data", TinyModel.data(), "--out", decoder, "--epochs", "1");
        List<Object> pictures = List.of(
                "--decoder", decoder, "--pictures", "decoder", "--out", folder.resolve("pictures"), images.get(0));
        CommandRun.succeeding(with(List.of("detect", "--model", imported), pictures.toArray()));
        CommandRun.of(with(List.of("detect", "--model", model), pictures.toArray()))
                .assertFailure("does not fit the model: normalisation " + imagenet, "deviation 0.5 0.5 0.5");

        CommandRun.succeeding(with(args, "--normalization", "0.485,0.456,0.406/0.229,0.224,0.225"));
        assertEquals(published, scores(imported, images));
        CommandRun.succeeding(with(args, "--normalization", "backbone"));
        assertEquals(scores(model, images), scores(imported, images));
        assertEquals(ModelFile.info(model).config(), ModelFile.info(imported).config());
        CommandRun.succeeding(with(args, "--normalization", "0.25/0.75"));
        requireInput(imported, images.get(0), new Normalization(new float[] {0.25f, 0.25f, 0.25f}, new float[] {
            0.75f, 0.75f, 0.75f
        }));
        for (String wrong : List.of("0.5", "x/0.5", "0.5,0.5/0.5", "0.5/0", "NaN/0.5", "ImageNet")) {
            CommandRun.of(with(args, "--normalization", wrong)).assertWrongUsage("--normalization", "'" + wrong + "'");
        }
    }

    /** Checks that the model's features are those of pixels with this normalisation. */
    private static void requireInput(Path model, Path image, Normalization normalization) {
        ImageSource source = ImageSource.of(image);
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));
                RlrModel loaded = ModelFile.load(model, backend);
                TensorScope scope = TensorScope.inference(backend)) {
            Preprocessor preprocessor = new Preprocessor(64, 64, normalization);
            float[] pixels = new float[preprocessor.length()];
            preprocessor.apply(source.read(), pixels, 0);
            RlrConfig config = loaded.info().config();
            List<Tensor> expected = loaded.backbone().features(Tensor.of(pixels, 1, 64, 64, 3), config.levels());
            List<Tensor> actual = new ComputedFeatureMaps(loaded.backbone(), config)
                    .of(source.read())
                    .maps(0);
            for (int i = 0; i < expected.size(); i++) {
                assertArrayEquals(expected.get(i).toArray(), actual.get(i).toArray());
            }
        }
    }

    /** A checkpoint does not contain the tiling; the same options give the same model. */
    @Test
    void aCheckpointIsUsedWithTiles() throws IOException {
        Path weights = folder.resolve("resnet18.safetensors");
        Path model = trained(weights, "--tile-overlap", "16", "--tile-scale", "1.5");
        Path checkpoint = folder.resolve("checkpoint.pth");
        CommandRun.succeeding("export", model, "--out", checkpoint);
        Path imported = folder.resolve("imported.safetensors");
        List<Object> args = importing(checkpoint, imported, "resnet18", weights, "--data", TinyModel.data());
        CommandRun.succeeding(args.toArray());
        List<Path> images = TinyModel.images().subList(0, 4);
        assertNotEquals(scores(model, images), scores(imported, images), "whole images give other scores");
        String out = CommandRun.succeeding(with(args, "--tile-overlap", "16", "--tile-scale", "1.5"));
        assertTrue(out.contains("tiles of 64×64 pixels overlapping by 16 pixels, of the image resized by 1.5"), out);
        assertEquals(scores(model, images), scores(imported, images));
        assertEquals(ModelFile.info(model).config(), ModelFile.info(imported).config());
        assertEquals(ModelFile.info(model).scores(), ModelFile.info(imported).scores());

        byte[] before = Files.readAllBytes(imported);
        CommandRun.of(with(args, "--tile-scale", "2")).assertFailure("--tile-scale 2.0", "--tile-overlap N");
        CommandRun.of(with(args, "--tile-overlap", "33")).assertFailure("--tile-overlap 33", "64×64", "lower it");
        assertArrayEquals(before, Files.readAllBytes(imported));
    }

    private static Object[] with(List<Object> args, Object... more) {
        List<Object> all = new ArrayList<>(args);
        all.addAll(List.of(more));
        return all.toArray();
    }

    private static String line(String text, String name) {
        return text.lines().filter(l -> l.startsWith(name + " ")).findFirst().orElse("");
    }

    @Test
    void pytorchLoadsWhatIsExported() throws IOException {
        Python.assumeModules("torch", "safetensors");
        Path checkpoint = folder.resolve("checkpoint.pth");
        CommandRun.succeeding("export", TinyModel.model(), "--out", checkpoint, "--safetensors", folder);
        String program = """
                import sys, torch
                from safetensors.torch import load_file
                sys.path.insert(0, sys.argv[1])
                import rlr_torch
                c = torch.load(sys.argv[2], weights_only=True)
                print(sorted(c), c["epoch"])
                for level, side, state in zip((2, 3), (8, 4), c["state_dict"]):
                    rlr_torch.level("published", state, side, 8, 3)
                    same = load_file(sys.argv[3] + f"/level{level}.safetensors")
                    assert same.keys() == state.keys() and all(torch.equal(same[k], state[k]) for k in same)
                    print(len(state), float(state["ref_mca"].double().sum()))
                """;
        List<String> lines =
                Python.run(program, PEERS, checkpoint, folder).lines().toList();
        assertEquals(
                "['best_img_auc', 'best_img_aucs', 'best_pix_auc', 'best_pix_aucs', 'epoch', 'state_dict'] 0",
                lines.get(0));
        try (SafeTensorsFile model = SafeTensorsFile.open(TinyModel.model())) {
            for (int level = 2; level <= 3; level++) {
                String prefix = "level" + level + ".";
                String[] words = lines.get(level - 1).split(" ");
                assertEquals(
                        model.names().stream().filter(n -> n.startsWith(prefix)).count(), Long.parseLong(words[0]));
                double sum = 0;
                for (float v : model.readFloats(prefix + "ref_mca")) {
                    sum += v;
                }
                assertEquals(sum, Double.parseDouble(words[1]), 1e-6);
            }
        }
    }

    /** A checkpoint and weights that PyTorch wrote score a set of images as PyTorch does, in either serialisation. */
    @ParameterizedTest
    @ValueSource(strings = {"zip", "legacy"})
    void aCheckpointScoresImagesAsPyTorchDoes(String serialisation) throws IOException {
        Python.assumeModules("torch", "timm", "scipy", "PIL");
        String program = Files.readString(Path.of("src", "test", "resources", "python", "checkpoint_scores.py"));
        List<Object> args =
                new ArrayList<>(List.of(PEERS, folder, serialisation, "tf_efficientnet_lite0", 128, 32, 2, "random"));
        args.addAll(TinyModel.images());
        Python.run(program, args.toArray());
        Path model = folder.resolve("model.safetensors");
        CommandRun.succeeding(
                "import",
                folder.resolve("checkpoint.pth"),
                "--out",
                model,
                "--backbone",
                "tf_efficientnet_lite0",
                "--weights",
                folder.resolve("backbone.pth"),
                "--normalization",
                "backbone",
                "--image-size",
                "128",
                "--threshold",
                "1");
        Map<String, Double> actual = scores(model, TinyModel.images());
        JsonObject expected = JsonParser.parseString(Files.readString(folder.resolve("scores.json")))
                .getAsJsonObject();
        assertEquals(expected.keySet(), actual.keySet());
        actual.forEach((image, score) -> assertEquals(
                expected.get(image).getAsDouble(),
                score,
                1e-4 * expected.get(image).getAsDouble(),
                image));
        assertTrue(actual.values().stream().distinct().count() > 1, actual.toString());
    }

    /** The images for the threshold may need a layout; notes about them are printed. */
    @Test
    void theThresholdsImagesAreReadInTheLayoutAskedFor() throws IOException {
        Path golden = GoldenFiles.path("checkpoint-zip.pth");
        Path model = folder.resolve("m.safetensors");
        CommandRun.of("import", golden, "--out", model, "--data", TinyModel.data(), "--layout", "visa")
                .assertFailure("1cls.csv");
        CommandRun.of("import", golden, "--out", model, "--threshold", "1", "--layout", "mvtec")
                .assertFailure("--layout mvtec", "--data");
        Path data = folder.resolve("data");
        new Miniature(data).images("a/train/good/0.png", "b/trian/good/0.png");
        CommandRun run = CommandRun.of("import", golden, "--out", model, "--data", data);
        run.assertFailure("[6, 10] channels");
        assertTrue(run.err().contains("note: 1 folder has neither 'train' nor 'test' and is left out: b"), run.err());
    }

    /** PyTorch's code accepts such levels, but gives other scores. */
    @Test
    void whatAnExportLacksIsNoted() {
        CommandRun run = CommandRun.of("export", TinyModel.model(), "--out", folder.resolve("a.pth"));
        assertTrue(run.code() == 0 && run.err().contains("note: ") && run.err().contains("standardised"), run.err());
        Path model = trained(folder.resolve("resnet18.safetensors"), "--blocks", "mca,ring");
        run = CommandRun.of("export", model, "--out", folder.resolve("b.pth"));
        assertTrue(
                run.code() == 0
                        && run.err().contains("no attention block ring")
                        && !run.err().contains("standardised"),
                run.err());
    }

    /** A model may have the name of an exported level. */
    @Test
    void aLevelsFileDoesNotReplaceTheModel() throws IOException {
        Path model = Files.copy(TinyModel.model(), folder.resolve("level3.safetensors"));
        CommandRun.of("export", model, "--safetensors", folder)
                .assertFailure("overwrite the model", model, "another folder");
        assertEquals(-1, Files.mismatch(TinyModel.model(), model));
        assertFalse(Files.exists(folder.resolve("level2.safetensors")));
    }

    @Test
    void whatACheckpointDoesNotHoldHasToBeGiven() throws IOException {
        Path golden = GoldenFiles.path("checkpoint-zip.pth");
        Path model = Files.writeString(folder.resolve("m.safetensors"), "old");
        CommandRun.of("import", golden, "--out", model).assertWrongUsage("--data", "--threshold");
        CommandRun.of("import", golden, "--out", model, "--threshold", "1")
                .assertFailure("[6, 10] channels", "tf_efficientnet_b6", "no backbone");
        CommandRun.of("import", golden, "--out", model, "--threshold", "NaN").assertFailure("--threshold is NaN");
        CommandRun.of("import", golden, "--out", folder.resolve("no/m"), "--threshold", "1")
                .assertFailure("the folder", "does not exist");
        CommandRun.of("import", GoldenFiles.path("tensors-zip.pth"), "--out", model, "--threshold", "1")
                .assertFailure("tensors-zip.pth", "not the state dict of an RLR transformer");
        CommandRun.of("import", TinyModel.images().get(0), "--out", model, "--threshold", "1")
                .assertFailure("not a file of torch.save");
        CommandRun.of("export", TinyModel.model()).assertFailure("--out", "--safetensors");
        CommandRun.of("export", golden, "--out", folder.resolve("x.pth"))
                .assertFailure("not a usable SafeTensors file");
        assertEquals("old", Files.readString(model));
        assertFalse(Files.exists(folder.resolve("x.pth")));
    }

    @Test
    void theBackbonesWeightsMayBeMissing() throws IOException {
        Path weights = folder.resolve("resnet18.safetensors");
        Path model = trained(weights);
        Path checkpoint = folder.resolve("c.pth");
        CommandRun.succeeding("export", model, "--out", checkpoint);
        byte[] before = Files.readAllBytes(model);
        CommandRun.of(
                        "import",
                        checkpoint,
                        "--out",
                        model,
                        "--backbone",
                        "resnet18",
                        "--threshold",
                        "1",
                        "--weights-cache",
                        folder.resolve("none"))
                .assertFailure("rlr weights get resnet18", "--weights", "scattering");
        CommandRun.of(
                        "import",
                        checkpoint,
                        "--out",
                        model,
                        "--backbone",
                        "resnet18",
                        "--threshold",
                        "1",
                        "--image-size",
                        "128",
                        "--weights",
                        weights)
                .assertFailure("--image-size 128", "64 (reference length 1)");
        assertArrayEquals(before, Files.readAllBytes(model));
    }
}
