package org.rlr.model.fuzz;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.rlr.model.ModelException;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.TestFolders;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.backbone.WeightsFile;
import org.rlr.model.checkpoint.Checkpoint;
import org.rlr.model.config.Json;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSetException;
import org.rlr.model.data.ImageException;
import org.rlr.model.data.ImageSize;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Images;
import org.rlr.model.data.Masks;
import org.rlr.model.data.RgbImage;
import org.rlr.model.data.TestImages;
import org.rlr.model.decoder.DecoderFile;
import org.rlr.model.decoder.DecoderInfo;
import org.rlr.model.detect.AnomalyScorer;
import org.rlr.model.train.ConfigFile;
import org.rlr.model.train.EpochReport;
import org.rlr.model.train.MetricsFile;
import org.rlr.model.train.StateReaders;
import org.rlr.model.train.TrainingListener;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.SafeTensorsWriter;
import org.rlr.tensor.io.TensorFileException;
import org.rlr.tensor.io.TorchCheckpoint;
import org.rlr.tensor.io.TorchTensor;
import org.rlr.tensor.io.TorchWriter;

/**
 * All readers of foreign bytes, with valid inputs to start from and the errors that they may throw. Inputs of
 * {@code …_HEADER} are the header of a SafeTensors file, those of {@code …_DESCRIPTION} the JSON in it; the rest of the
 * file is valid, so that changes reach the reader.
 */
enum FuzzedReader {
    JPEG(true, ImageException.class),
    PNG(true, ImageException.class),
    BMP(true, ImageException.class),
    GIF(true, ImageException.class),
    TIFF(true, ImageException.class),
    MASK(true, ImageException.class, DataSetException.class),
    SAFETENSORS(true, TensorFileException.class),
    TORCH(true, TensorFileException.class),
    WEIGHTS(true, TensorFileException.class),
    CHECKPOINT(true, ModelException.class, TensorFileException.class),
    MODEL(false, ModelException.class, TensorFileException.class),
    MODEL_DESCRIPTION(false, ModelException.class),
    DECODER_DESCRIPTION(true, ModelException.class),
    STATE(true, ModelException.class, InvalidSettingException.class, TensorFileException.class),
    STATE_HEADER(true, ModelException.class, InvalidSettingException.class, TensorFileException.class),
    DECODER_STATE_HEADER(true, ModelException.class, InvalidSettingException.class, TensorFileException.class),
    CONFIG(true, RlrException.class),
    VISA(true, DataSetException.class),
    REAL_IAD(true, DataSetException.class),
    METRICS(true, RlrException.class);

    /** Whether it takes less than about a millisecond. */
    private final boolean fast;

    private final List<Class<? extends RlrException>> errors;

    @SafeVarargs
    FuzzedReader(boolean fast, Class<? extends RlrException>... errors) {
        this.fast = fast;
        this.errors = List.of(errors);
    }

    boolean fast() {
        return fast;
    }

    /** The errors it may throw. */
    List<Class<? extends RlrException>> errors() {
        return errors;
    }

    /** Returns valid inputs, and some that were once wrongly accepted. */
    List<byte[]> seeds() {
        try {
            return switch (this) {
                case JPEG ->
                    cases("jpeg/", "restart.jpg", "progressive.jpg", "cmyk.jpg", "grey.jpg", "ok.jpg", "hang.jpg");
                case PNG -> pngs();
                case BMP -> List.of(written("bmp"), resource("/cases/header/bmp_130bytes.bmp"));
                case GIF -> List.of(written("gif"));
                case TIFF ->
                    cases("tiff/", "rps_80000000.tif", "i32.tif", "t.tif", "149bytes_8323089x13.tif", "tif_pal.tif");
                case MASK ->
                    List.of(
                            TestImages.png(16, 12, TestImages.GREY, 8, (pixel, channel) -> pixel / 16 == 3 ? 1 : 0),
                            TestImages.png(16, 12, TestImages.GREY, 1, (pixel, channel) -> pixel & 1));
                case SAFETENSORS -> List.of(resource("/cases/model/dec_ch_3000.safetensors"), Fixture.weights());
                case TORCH -> List.of(resource("/golden/tensors-zip.pth"), resource("/golden/tensors-legacy.pth"));
                case WEIGHTS -> List.of(Fixture.torch(false), resource("/golden/tensors-zip.pth"), Fixture.weights());
                case CHECKPOINT -> List.of(Fixture.torch(true), Fixture.torch(false));
                case MODEL -> cases("model/", "ansi_class.safetensors", "stats_width2048_layers50.safetensors");
                case MODEL_DESCRIPTION ->
                    Stream.of("ansi_class", "gate_unknown", "backbone_null", "stats_width2048_layers50")
                            .map(name -> description(name, "model"))
                            .toList();
                case DECODER_DESCRIPTION ->
                    Stream.of("dec_ch_3000", "dec_ch_2e9", "dec_channels_null")
                            .map(name -> description(name, "decoder"))
                            .toList();
                case STATE -> cases("state/", "same.checkpoint");
                case STATE_HEADER -> List.of(header(resource("/cases/state/same.checkpoint")));
                case DECODER_STATE_HEADER -> List.of(Fixture.decoderState());
                case CONFIG ->
                    List.of(
                            description("ansi_class", "model"),
                            "{\"config\":{\"width\":64},\"training\":{\"epochs\":3}}".getBytes(StandardCharsets.UTF_8));
                case VISA ->
                    List.of(("object,split,label,image,mask\n"
                                    + "a,train,normal,a/Data/Images/Normal/0.png,\n"
                                    + "a,test,anomaly,a/Data/Images/Anomaly/0.png,a/Data/Masks/Anomaly/0.png\n"
                                    + "\"b, c\",test,normal,b/Data/Images/Normal/1.png,\n")
                            .getBytes(StandardCharsets.UTF_8));
                case REAL_IAD ->
                    List.of(("{\"meta\":{\"prefix\":\"a/\"},\"train\":[{\"category\":\"a\",\"anomaly_class\":\"OK\","
                                    + "\"image_path\":\"OK/S0001/1.png\",\"mask_path\":null}],\"test\":[{\"category\":\"a\","
                                    + "\"anomaly_class\":\"AK\",\"image_path\":\"NG/AK/2.png\",\"mask_path\":\"NG/AK/2_m.png\"}]}")
                            .getBytes(StandardCharsets.UTF_8));
                case METRICS -> List.of(Fixture.metrics());
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads an input like a command. */
    void read(byte[] input) {
        switch (this) {
            case JPEG, PNG, BMP, GIF, TIFF -> {
                RgbImage image = Images.read(input);
                ImageSize size = ImageSource.of("input", input).size();
                if (!size.equals(image.size())) {
                    throw new IllegalStateException("its size is " + size + ", its pixels are " + image.size());
                }
            }
            case MASK ->
                Masks.read(ImageSource.of("mask", input), ImageSource.of("image", input), new ImageSize(16, 12));
            case SAFETENSORS -> {
                try (SafeTensorsFile file = SafeTensorsFile.of("input", input)) {
                    file.metadata();
                    file.names().forEach(name -> {
                        file.entry(name);
                        try {
                            file.readFloats(name);
                        } finally {
                            file.bytes(name);
                        }
                    });
                }
            }
            case TORCH -> {
                try (TorchCheckpoint file = TorchCheckpoint.open(Fixture.file(this, input))) {
                    tensors(file, file.root());
                }
            }
            case WEIGHTS -> {
                try (WeightsFile file = WeightsFile.open(Fixture.file(this, input))) {
                    values(file.weights());
                }
            }
            case CHECKPOINT -> {
                try (Checkpoint file = Checkpoint.open(List.of(Fixture.file(this, input)))) {
                    file.levels().forEach(FuzzedReader::values);
                }
            }
            case MODEL -> model(input);
            case MODEL_DESCRIPTION -> model(described(Fixture.MODEL, "model", input));
            case DECODER_DESCRIPTION ->
                DecoderFile.load(
                                Fixture.file(this, described(Fixture.DECODER_FILE, "decoder", input)),
                                Fixture.backend())
                        .close();
            case STATE -> Fixture.STATE.read(Fixture.file(this, input));
            case STATE_HEADER -> Fixture.STATE.read(Fixture.file(this, headed(input, Fixture.STATE_FILE)));
            case DECODER_STATE_HEADER ->
                Fixture.DECODER_STATE.read(Fixture.file(this, headed(input, new byte[LENGTH])));
            case CONFIG -> ConfigFile.read(Fixture.file(this, input));
            case VISA ->
                DataLayouts.read(Fixture.list(this, "split_csv/1cls.csv", input), "visa")
                        .test();
            case REAL_IAD ->
                DataLayouts.read(Fixture.list(this, "a.json", input), "real-iad")
                        .test();
            case METRICS -> {
                try (MetricsFile file =
                        new MetricsFile(Fixture.file(this, input), List.of(2, 3), true, new TrainingListener() {})) {
                    file.started(2, 0.75);
                }
            }
        }
    }

    /** Checks that a readable model can be used. */
    private static void model(byte[] input) {
        try (SafeTensorsFile file = SafeTensorsFile.of("input", input);
                RlrModel model = ModelFile.load(file, Fixture.backend())) {
            RlrConfig config = model.info().config();
            if ((long) config.imageHeight() * config.imageWidth() <= 64 * 64 && config.tiling() == null) {
                new AnomalyScorer(model).score(Fixture.IMAGE);
            }
        }
    }

    private static void values(StateDict state) {
        state.names().forEach(state::values);
    }

    private static void tensors(TorchCheckpoint file, Object value) {
        if (value instanceof TorchTensor tensor) {
            file.readDoubles(tensor);
        } else if (value instanceof Map<?, ?> map) {
            map.values().forEach(each -> tensors(file, each));
        } else if (value instanceof List<?> list) {
            list.forEach(each -> tensors(file, each));
        }
    }

    private static final int LENGTH = Long.BYTES;

    private static int headerEnd(byte[] file) {
        return LENGTH + ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }

    private static byte[] header(byte[] file) {
        return Arrays.copyOfRange(file, LENGTH, headerEnd(file));
    }

    /** Returns a file with a new header and the tensors of another file. */
    private static byte[] headed(byte[] header, byte[] sound) {
        int end = headerEnd(sound);
        return ByteBuffer.allocate(LENGTH + header.length + sound.length - end)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .put(sound, end, sound.length - end)
                .array();
    }

    /** Returns a file with another text in its metadata. */
    private static byte[] described(byte[] sound, String key, byte[] text) {
        JsonObject header = JsonParser.parseString(new String(header(sound), StandardCharsets.UTF_8))
                .getAsJsonObject();
        header.getAsJsonObject("__metadata__").addProperty(key, new String(text, StandardCharsets.UTF_8));
        return headed(header.toString().getBytes(StandardCharsets.UTF_8), sound);
    }

    private static byte[] description(String name, String key) {
        return SafeTensorsFile.of(name, resource("/cases/model/" + name + ".safetensors"))
                .metadata()
                .get(key)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static List<byte[]> cases(String folder, String... names) {
        return Stream.of(names).map(name -> resource("/cases/" + folder + name)).toList();
    }

    private static List<byte[]> pngs() throws IOException {
        return List.of(
                TestImages.png(9, 7, TestImages.RGB, 8, (pixel, channel) -> pixel * 7 + channel),
                TestImages.png(9, 7, TestImages.GREY, 16, (pixel, channel) -> pixel * 900),
                TestImages.png(9, 7, TestImages.PALETTE, 2, (pixel, channel) -> pixel % 4, "PLTE", new byte[] {
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
                }),
                resource("/cases/header/png_11585_rgba16.png"),
                written("png"));
    }

    private static byte[] written(String format) throws IOException {
        BufferedImage image = TestImages.smooth(20, 15).toBufferedImage();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (!ImageIO.write(image, format, out)) {
            throw new IllegalStateException("no writer for " + format);
        }
        return out.toByteArray();
    }

    private static byte[] resource(String name) {
        try (InputStream in = FuzzedReader.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Files, folders and helpers to read inputs. */
    private static final class Fixture {
        static final RgbImage IMAGE = TestImages.smooth(32, 32);
        static final byte[] MODEL = resource("/cases/model/ansi_class.safetensors");
        static final byte[] DECODER_FILE = resource("/cases/model/dec_ch_3000.safetensors");
        static final byte[] STATE_FILE = resource("/cases/state/same.checkpoint");

        private static final Path HOME = home();
        private static final Backend BACKEND = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));
        private static final DecoderInfo DECODER =
                Json.read(new String(description("dec_ch_3000", "decoder"), StandardCharsets.UTF_8), DecoderInfo.class);

        static final StateReaders.Reader STATE = state();
        static final StateReaders.Reader DECODER_STATE = StateReaders.ofDecoder(DECODER);

        private Fixture() {}

        static Backend backend() {
            return BACKEND;
        }

        private static Path home() {
            try {
                // in memory if the system has such files: a disk is slower than the readers
                Path memory = Path.of("/dev/shm");
                Path home = Files.isWritable(memory)
                        ? Files.createTempDirectory(memory, "rlr-fuzz")
                        : Files.createTempDirectory("rlr-fuzz");
                for (String folder : List.of("VISA/split_csv", "REAL_IAD/a/OK")) {
                    Files.createDirectories(home.resolve(folder));
                }
                Runtime.getRuntime().addShutdownHook(new Thread(() -> TestFolders.delete(home)));
                return home;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static Path file(FuzzedReader reader, byte[] input) {
            return write(HOME.resolve(reader + ".input"), input);
        }

        /** Creates a data set's folder with a list. */
        static Path list(FuzzedReader reader, String name, byte[] input) {
            Path folder = HOME.resolve(reader.name());
            write(folder.resolve(name), input);
            return folder;
        }

        private static Path write(Path file, byte[] input) {
            try {
                return Files.write(file, input);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static StateReaders.Reader state() {
            ModelInfo info =
                    Json.read(new String(description("ansi_class", "model"), StandardCharsets.UTF_8), ModelInfo.class);
            RlrConfig config = info.config();
            return StateReaders.of(
                    STATE_FILE,
                    config.shapes(Backbones.info(config.backbone()).levels()).get(0),
                    BACKEND);
        }

        static byte[] decoderState() {
            JsonObject metadata = new JsonObject();
            metadata.addProperty("format", "rlr-decoder-training");
            metadata.addProperty("version", "1");
            metadata.addProperty("training", StateReaders.decoderIdentity(DECODER));
            metadata.addProperty("epochs", "2");
            metadata.addProperty("loss", "0.5");
            JsonObject header = new JsonObject();
            header.add("__metadata__", metadata);
            return header.toString().getBytes(StandardCharsets.UTF_8);
        }

        static byte[] metrics() {
            Path file = HOME.resolve("sound.csv");
            try (MetricsFile metrics = new MetricsFile(file, List.of(2, 3), false, new TrainingListener() {})) {
                metrics.started(0, Double.NaN);
                for (int epoch = 1; epoch <= 2; epoch++) {
                    EpochReport.Losses losses = new EpochReport.Losses(1.5 / epoch, List.of(1.0, 0.5));
                    metrics.epoch(new EpochReport(epoch, losses, 1e-4f, 10, null, null));
                }
                return Files.readAllBytes(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static byte[] weights() {
            Path file = HOME.resolve("sound.safetensors");
            new SafeTensorsWriter()
                    .metadata("format", "pt")
                    .add("conv.weight", new long[] {2, 3}, new float[] {1, 2, 3, 4, 5, 6})
                    .add("steps", new long[] {1}, new long[] {7})
                    .write(file);
            return read(file);
        }

        /** Returns a checkpoint of the PyTorch implementation, of one small level. */
        static byte[] torch(boolean list) {
            Path file = HOME.resolve("sound.pth");
            Map<String, Object> level = new LinkedHashMap<>();
            level.put("module.weight", new TorchWriter.Floats(new long[] {2, 2}, new float[] {1, 2, 3, 4}));
            level.put("module.bias", new TorchWriter.Floats(new long[] {2}, new float[] {1, 2}));
            Map<String, Object> root = new LinkedHashMap<>();
            root.put("epoch", 3L);
            root.put("state_dict", list ? List.of(level) : level);
            TorchWriter.write(file, root);
            return read(file);
        }

        private static byte[] read(Path file) {
            try {
                return Files.readAllBytes(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
