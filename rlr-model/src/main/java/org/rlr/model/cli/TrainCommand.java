package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrConfig;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.data.ClassSamples;
import org.rlr.model.data.DataSet;
import org.rlr.model.data.Sample;
import org.rlr.model.train.Trainer;
import org.rlr.model.train.TrainingCheckpoints;
import org.rlr.model.train.TrainingSettings;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlr train}. */
@Command(name = "train", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Train one model on the normal images of all classes of a folder.",
            "DIR is a data set in a known layout (class folders with train/good, …, see --layout), one class of it, or a plain folder of normal images.",
            "Defaults are the published settings."})
final class TrainCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "Folder with the training images.")
    private Path data;

    @Mixin
    private LayoutOption layout;

    @Option(names = "--out", required = true, paramLabel = "MODEL", description = "Model file to write (SafeTensors).")
    private Path out;

    @Option(names = "--backbone", paramLabel = "NAME",
            description = "Feature extractor ('rlr backbones' lists them; default: scattering, which needs no weights; with --weights tf_efficientnet_b6).")
    private String backbone;

    @Mixin
    private WeightsOptions weights;

    @Mixin
    private ModelOptions model;

    @Option(names = "--checkpoint-every", paramLabel = "N", description = "Keep the state of the training every N epochs and at the end, to go on from with --resume.")
    private Integer checkpointEvery;

    @Option(names = "--checkpoint", paramLabel = "FILE", description = "Where to keep it (default: MODEL.checkpoint).")
    private Path checkpoint;

    @Option(names = "--resume", paramLabel = "FILE",
            description = "Go on from a state that --checkpoint-every kept, with the same options and images; --epochs may be more. Gives the same bits as a training left alone.")
    private Path resume;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() {
        PrintWriter text = spec.commandLine().getOut();
        String name = backbone != null ? backbone : weights.file() == null ? Backbones.WEIGHT_FREE : Backbones.PUBLISHED;
        RlrConfig config = model.config(name);
        TrainingSettings settings = model.training();
        writable(out);
        TrainingCheckpoints checkpoints = checkpoints();
        DataSet images = layout.read(data, spec).requireTraining();
        List<Path> files = images.train().stream().map(Sample::image).toList();
        List<String> classes = images.classes().stream().map(ClassSamples::name).toList();
        text.printf("%d normal images of %d %s (%s layout)%n", files.size(), classes.size(), classes.size() == 1 ? "class" : "classes", images.layout());
        long started = System.nanoTime();
        try (Backend device = backend.open(); TrainingProgress progress = new TrainingProgress()) {
            AtomicBoolean saved = new AtomicBoolean();
            Thread interrupted = new Thread(() -> {
                if (!saved.get()) {
                    System.err.printf("%ninterrupted: %s; run the same command again to train anew%n",
                            Files.exists(out) ? out + " is as it was before" : out + " was not written");
                }
            });
            Runtime.getRuntime().addShutdownHook(interrupted);
            text.printf("backbone %s, %s%n", name, device.description());
            text.flush();
            try (RlrModel trained = new Trainer(device, config, settings, progress).train(Backbones.open(name, weights.of(name), config.levels(), device), files, classes, checkpoints)) {
                progress.close();
                ModelFile.save(trained, out);
                saved.set(true);
                text.printf(Locale.ROOT, "%s: %.1f MB, loss %.4f after %d epochs, threshold %.4f, %.0f s%n", out, size(out) / 1e6, trained.info().loss(),
                        settings.epochs(), trained.info().scores().threshold(), (System.nanoTime() - started) / 1e9);
            } finally {
                forget(interrupted);
            }
        }
        text.flush();
        return 0;
    }

    private TrainingCheckpoints checkpoints() {
        if (checkpoint != null && checkpointEvery == null) {
            throw new RlrException("--checkpoint " + checkpoint + " says where to keep the training's state, but not when: give --checkpoint-every N too");
        }
        if (checkpointEvery == null) {
            return new TrainingCheckpoints(null, 1, resume);
        }
        Path file = checkpoint != null ? checkpoint : out.resolveSibling(out.getFileName() + ".checkpoint");
        writable(file);
        return new TrainingCheckpoints(file, checkpointEvery, resume);
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook is what runs now.
        }
    }

    /** Finds out before hours of training whether the model can be written. */
    static void writable(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)) {
            throw new RlrException(file + " is a folder; --out names the model file to write, such as " + file.resolve("model.safetensors"));
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            // as /dev/stdout: written to directly
            if (!Files.isWritable(file)) {
                throw new RlrException("cannot write " + file + ": no permission; choose another --out");
            }
            return;
        }
        if (folder == null || !Files.isDirectory(folder)) {
            throw new RlrException("cannot write " + file + ": there is no folder " + folder + "; make it first");
        }
        if (!Files.isWritable(folder)) {
            throw new RlrException("cannot write " + file + ": no permission to write to " + folder + "; choose another --out");
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (java.io.IOException e) {
            throw new RlrException("cannot read " + file + " back: " + e.getMessage(), e);
        }
    }
}
