package org.rlr.model.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.cli.BackboneFile;
import org.rlr.model.cli.CommandLines;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.golden.HashedTensors;
import org.rlr.tensor.io.SafeTensorsWriter;
import org.rlr.tensor.io.TorchWriter;

/** {@code rlr weights}, and training with downloaded weights. */
class WeightsCommandTest {
    private static final String BACKBONE = "tf_efficientnet_lite0";

    @TempDir
    Path folder;

    private Path cache;

    @BeforeEach
    void name() {
        cache = folder.resolve("cache");
    }

    /** The output of a command that must end with this exit code; its error messages if it fails. */
    private String run(int code, Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        assertEquals(
                code,
                CommandLines.run(
                        new PrintWriter(out),
                        new PrintWriter(err),
                        Arrays.stream(args).map(Object::toString).toArray(String[]::new)),
                err.toString());
        return code == 0 ? out.toString() : err.toString();
    }

    private static byte[] sha256(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertMentions(String text, Object... mentions) {
        for (Object mention : mentions) {
            assertTrue(text.contains(mention.toString()), "'" + mention + "' is not in: " + text);
        }
    }

    private List<String> cached() throws IOException {
        try (Stream<Path> files = Files.list(cache)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void getListTrain() throws IOException {
        Path file = folder.resolve("w.safetensors");
        BackboneFile.write(BACKBONE, file);
        byte[] content = Files.readAllBytes(file);
        try (LocalHub hub = new LocalHub(LocalHub.content(content, "\"x\""))) {
            assertMentions(
                    run(
                            1,
                            "weights",
                            "get",
                            BACKBONE,
                            "--mirror",
                            hub.address(),
                            "--weights-cache",
                            cache,
                            "--offline"),
                    cache,
                    "--offline",
                    hub.address() + "/timm/" + BACKBONE + ".in1k/resolve/main/model.safetensors",
                    "rlr weights add FILE --name " + BACKBONE);
            assertEquals(0, hub.requests().size());
            assertMentions(
                    run(
                            1,
                            "weights",
                            "get",
                            BACKBONE,
                            "--mirror",
                            hub.address(),
                            "--weights-cache",
                            cache,
                            "--sha256",
                            "abc"),
                    "64 hexadecimal");
            // the file holds another backbone's weights
            assertMentions(
                    run(1, "weights", "get", "resnet18", "--mirror", hub.address(), "--weights-cache", cache),
                    "not usable",
                    "'resnet18'",
                    "it fits the backbone",
                    BACKBONE);
            assertEquals(List.of(), cached());

            String out = run(0, "weights", "get", BACKBONE, "--mirror", hub.address(), "--weights-cache", cache);
            assertMentions(out, "licence Apache-2.0", "SHA-256", cache.resolve(BACKBONE + ".safetensors"));
            assertEquals(List.of(BACKBONE + ".safetensors"), cached());
            assertEquals(-1, Files.mismatch(file, cache.resolve(BACKBONE + ".safetensors")));
            int requests = hub.requests().size();
            assertMentions(
                    run(
                            0,
                            "weights",
                            "get",
                            BACKBONE,
                            "--mirror",
                            hub.address(),
                            "--weights-cache",
                            cache,
                            "--offline"),
                    "exists already");
            assertEquals(requests, hub.requests().size());
            Path kept = cache.resolve(BACKBONE + ".safetensors");
            String hash = HexFormat.of().formatHex(sha256(content));
            assertMentions(
                    run(
                            0,
                            "weights",
                            "get",
                            BACKBONE,
                            "--weights-cache",
                            cache,
                            "--sha256",
                            hash.toUpperCase(Locale.ROOT)),
                    "exists already");
            assertMentions(
                    run(1, "weights", "get", BACKBONE, "--weights-cache", cache, "--sha256", "0".repeat(64)),
                    kept,
                    hash,
                    "0".repeat(64),
                    "--force");
            assertMentions(
                    run(1, "weights", "get", BACKBONE, "--weights-cache", cache, "--sha256", "abc"), "64 hexadecimal");
            assertEquals(-1, Files.mismatch(file, kept));
        }
        String list = run(0, "weights", "list", "--weights-cache", cache);
        assertMentions(list, "timm/tf_efficientnet_b6.aa_in1k", BACKBONE + ".safetensors, ");
        Path model = folder.resolve("model.safetensors");
        assertMentions(
                run(0, CommandLines.shortTraining(model, "--backbone", BACKBONE, "--weights-cache", cache)),
                "backbone " + BACKBONE);
        assertTrue(Files.isRegularFile(model));
    }

    @Test
    void addDetectsTheBackbone() throws IOException {
        Path torch = folder.resolve("any.pth");
        BackboneFile.write(BACKBONE, torch);
        assertMentions(
                run(1, "weights", "add", torch, "--weights-cache", cache),
                "fit efficientnet_lite0 and " + BACKBONE + " alike",
                "--name");
        assertMentions(
                run(1, "weights", "add", torch, "--weights-cache", cache, "--name", "resnet18"),
                torch,
                "'resnet18'",
                "another architecture");
        assertMentions(
                run(1, "weights", "add", torch, "--weights-cache", cache, "--name", "scattering"), "takes no weights");
        assertTrue(Files.notExists(cache));
        assertMentions(
                run(0, "weights", "add", torch, "--weights-cache", cache, "--name", BACKBONE),
                cache.resolve(BACKBONE + ".pth"));
        // a file named as by timm; a file in another format replaces the first
        Path named = folder.resolve(BACKBONE + "-0aa007d2.safetensors");
        BackboneFile.write(BACKBONE, named);
        assertMentions(run(0, "weights", "add", named, "--weights-cache", cache), "weights of " + BACKBONE);
        assertEquals(List.of(BACKBONE + ".safetensors"), cached());
        assertMentions(
                run(1, "weights", "add", CommandLines.anyModel(), "--weights-cache", cache),
                "does not hold the weights of any known backbone");
        assertMentions(run(1, "weights", "add", folder.resolve("missing"), "--weights-cache", cache), "does not exist");
        assertEquals(List.of(BACKBONE + ".safetensors"), cached());
    }

    /** Files of training scripts: prefixed names, averaged weights beside others. Diverged weights are refused. */
    @Test
    void addTakesTheAveragedWeightsOfATrainingAndRefusesNaN() throws IOException {
        Path file = folder.resolve("trained.pth");
        Map<String, Object> ema = new LinkedHashMap<>();
        Map<String, Object> last = new LinkedHashMap<>();
        Backbones.weightShapes(BACKBONE, List.of(4)).forEach((name, shape) -> {
            long[] lengths = Arrays.stream(shape).asLongStream().toArray();
            float[] values = HashedTensors.parameter(name, 0, lengths);
            ema.put("module._orig_mod." + name, new TorchWriter.Floats(lengths, values));
            last.put("module." + name, new TorchWriter.Floats(lengths, new float[values.length]));
        });
        TorchWriter.write(file, Map.of("state_dict", last, "state_dict_ema", ema));
        List<Object> add = List.of("weights", "add", file, "--weights-cache", cache, "--name", BACKBONE);
        assertMentions(run(0, add.toArray()), "weights of " + BACKBONE);
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));
                Backbone backbone = Backbones.open(BACKBONE, cache.resolve(BACKBONE + ".pth"), List.of(2), backend)) {
            float[] expected = ((TorchWriter.Floats) ema.get("module._orig_mod.conv_stem.weight")).values();
            assertArrayEquals(expected, backbone.weights().values("conv_stem.weight"));
        }
        byte[] kept = Files.readAllBytes(cache.resolve(BACKBONE + ".pth"));
        for (var wrong : Map.of(
                        "blocks.4.2.bn3.weight", Float.NaN,
                        "conv_stem.weight", Float.POSITIVE_INFINITY,
                        "blocks.2.0.conv_dw.weight", Float.NEGATIVE_INFINITY,
                        "bn1.running_var", -1f)
                .entrySet()) {
            String name = "module._orig_mod." + wrong.getKey();
            TorchWriter.Floats right = (TorchWriter.Floats) ema.get(name);
            float[] values = right.values().clone();
            values[values.length / 2] = wrong.getValue();
            ema.put(name, new TorchWriter.Floats(right.shape(), values));
            TorchWriter.write(file, Map.of("state_dict", last, "state_dict_ema", ema));
            assertMentions(
                    run(1, add.toArray()),
                    file,
                    "the tensor " + wrong.getKey() + " holds " + wrong.getValue(),
                    "take an earlier or another file");
            ema.put(name, right);
        }
        assertArrayEquals(kept, Files.readAllBytes(cache.resolve(BACKBONE + ".pth")), "nothing was replaced");
    }

    /** Published files hold the final normalisation, which no level needs. */
    @Test
    void aVisionTransformersFile() throws IOException {
        String name = "vit_small_patch14_reg4_dinov2";
        Path file = folder.resolve("w.safetensors");
        SafeTensorsWriter writer = new SafeTensorsWriter();
        Backbones.weightShapes(name, List.of(11)).forEach((tensor, shape) -> {
            long[] lengths = Arrays.stream(shape).asLongStream().toArray();
            writer.add(tensor, lengths, new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)]);
        });
        writer.add("norm.weight", new long[] {384}, new float[384]);
        writer.add("norm.bias", new long[] {384}, new float[384]);
        writer.write(file);
        try (LocalHub hub = new LocalHub(LocalHub.content(Files.readAllBytes(file), "\"x\""))) {
            assertMentions(
                    run(0, "weights", "get", name, "--mirror", hub.address(), "--weights-cache", cache),
                    hub.address() + "/timm/" + name + ".lvd142m/resolve/main/model.safetensors, licence Apache-2.0");
        }
        assertEquals(-1, Files.mismatch(file, cache.resolve(name + ".safetensors")));
        assertMentions(run(0, "weights", "add", file, "--weights-cache", cache), "weights of " + name);
        assertMentions(
                run(1, "weights", "add", file, "--weights-cache", cache, "--name", "vit_small_patch14_dinov2"),
                "pos_embed has shape [1, 1369, 384] instead of [1, 1370, 384]",
                "reg_token does not belong to it",
                "it fits the backbone " + name);
    }

    @Test
    void trainingWithoutWeightsNamesTheRemedy() {
        assertMentions(
                run(
                        1,
                        CommandLines.shortTraining(
                                folder.resolve("m"), "--backbone", "tf_efficientnet_b6", "--weights-cache", cache)),
                "tf_efficientnet_b6",
                "rlr weights get tf_efficientnet_b6",
                "--weights",
                "--backbone scattering");
        assertTrue(Files.notExists(folder.resolve("m")));
    }
}
