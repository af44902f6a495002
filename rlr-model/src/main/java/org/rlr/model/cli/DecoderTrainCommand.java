package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.Texts;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.ImageSource;
import org.rlr.model.data.Sample;
import org.rlr.model.decoder.DecoderFile;
import org.rlr.model.decoder.DecoderInfo;
import org.rlr.model.decoder.DecoderNetwork;
import org.rlr.model.decoder.DecoderSettings;
import org.rlr.model.decoder.FeatureDecoder;
import org.rlr.model.train.DecoderTrainer;
import org.rlr.model.train.TrainingCheckpoints;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.DiskSpace;
import org.rlr.tensor.io.RescuedFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlr decoder train}. */
@Command(
        name = "train",
        defaultValueProvider = OptionDefaults.Decoder.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Train a decoder that turns a model's features into pictures, for 'rlr detect --pictures decoder'.",
            "The decoder is trained on the normal images of a data set. The model does not change, and scores "
                    + "do not depend on the decoder.",
            "The defaults are the published settings."
        })
final class DecoderTrainCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "A model file written by 'rlr train', with levels 2,3 or 1,2,3.")
    private Path model;

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "Folder with the training images, as for 'rlr train'.")
    private Path data;

    @Mixin
    private LayoutOption layout;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DECODER",
            description = "Decoder file to write (SafeTensors).")
    private Path out;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Passes over the training images (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(names = "--batch-size", paramLabel = "N", description = "Images per step (default: ${DEFAULT-VALUE}).")
    private int batchSize;

    @Option(names = "--lr", paramLabel = "X", description = "Learning rate of Adam (default: ${DEFAULT-VALUE}).")
    private float learningRate;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Random seed; the same seed gives the same decoder, bit for bit (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin
    private CheckpointOptions checkpoints;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() {
        PrintWriter text = spec.commandLine().getOut();
        DecoderSettings settings = new DecoderSettings(epochs, batchSize, learningRate, seed);
        TrainingCheckpoints states = checkpoints.of(out);
        requireWritable(states.file());
        DataSet images = layout.read(data, spec).requireTraining();
        List<ImageSource> files = images.train().stream().map(Sample::image).toList();
        long started = System.nanoTime();
        try (Backend device = backend.open();
                RlrModel loaded = ModelFile.load(model, device);
                TrainingProgress progress = new TrainingProgress()) {
            text.printf(
                    "%s (%s layout), %s%n",
                    Texts.count(files.size(), "normal image"), images.layout(), device.description());
            text.flush();
            requireRoom(DecoderInfo.of(loaded, settings, files.size()), device, states);
            try (FeatureDecoder decoder = new DecoderTrainer(settings, progress).train(loaded, files, states)) {
                progress.end();
                RescuedFiles.save(out, file -> DecoderFile.save(decoder, file));
                text.printf(
                        Locale.ROOT,
                        "%s: mean squared error %.4f after %s, %.0f s%n",
                        FileNames.printable(out),
                        decoder.info().loss(),
                        Texts.count(epochs, "epoch"),
                        (System.nanoTime() - started) / 1e9);
                text.flush();
            }
        }
        return 0;
    }

    private void requireRoom(DecoderInfo info, Backend device, TrainingCheckpoints states) {
        try (DecoderNetwork network = new DecoderNetwork(info.channels(), device, false)) {
            long learned = Float.BYTES * network.parameters().count();
            long statistics = Float.BYTES * network.buffers().count();
            List<DiskSpace.Planned> planned = new ArrayList<>();
            if (states.file() != null) {
                // with the two moments of Adam
                planned.add(new DiskSpace.Planned(
                        "--checkpoint", states.file(), 3 * learned + statistics, states.every() < epochs));
            }
            planned.add(new DiskSpace.Planned("--out", out, learned + statistics, false));
            DiskSpace.require(planned);
        }
    }

    private void requireWritable(@Nullable Path state) {
        // files given by options are checked already; the default of --checkpoint is not
        if (state != null
                && state.toAbsolutePath()
                        .normalize()
                        .equals(model.toAbsolutePath().normalize())) {
            throw new RlrException("--checkpoint " + state + " would overwrite the model", "give another file");
        }
        Map<String, Path> files = new LinkedHashMap<>();
        files.put("--out", out);
        files.put("--checkpoint", state);
        OutputFiles.requireWritable(files);
    }
}
